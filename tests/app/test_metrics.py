"""The metrics of a node, as they are fetched by HTTP and read by programs that are not ours."""

import asyncio
import socket
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.support.node import node_under_test
from tests.support.program import eventually, free_port, require

from umbel.core.errors import Mistake

PLAIN, OPEN = "text/plain", "application/openmetrics-text; version=1.0.0"


def fetched(port: int, accept: str = PLAIN) -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=10) as answer:
        text: str = answer.read().decode()
    return text


def figures(text: str) -> dict[str, float]:
    """Give the figures by name and labels, as the library's own reader finds them."""
    return {
        "".join(
            (sample.name, *(f" {name}={value}" for name, value in sorted(sample.labels.items())))
        ): (sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def scraped(port: int) -> dict[str, float]:
    """Give the figures of a node, once its engine has told its load."""

    async def found() -> dict[str, float] | None:
        told = figures(await asyncio.to_thread(fetched, port))
        return told if "umbel_media_engine_busy_ratio engine=0" in told else None

    return await eventually(found, 10, lambda: AssertionError("no load was told"))


class TestANodeThatTellsItsMetrics:
    async def test_tells_calls_engines_and_events(self, tmp_path: Path) -> None:
        port = free_port()
        async with node_under_test(tmp_path, more=f"[metrics]\nport = {port}\n"):
            told = await scraped(port)
            later = await scraped(port)

        assert told["umbel_calls"] == 0
        assert told["umbel_full"] == 0
        assert told["umbel_calls_refused_total"] == 0
        assert told["umbel_live_things kind=media_sessions"] == 0
        assert told["umbel_events_total level=information number=1037"] == 1
        assert told["umbel_media_engine_sessions engine=0"] == 0
        assert 0 < told["umbel_media_engine_busy_ratio engine=0"] < 1
        assert told["umbel_media_engine_core engine=0"] == -1
        assert told["umbel_media_engine_ticks_total engine=0"] >= 50
        assert later.keys() == told.keys()

    @pytest.mark.peer
    async def test_is_understood_by_prometheus(self, tmp_path: Path) -> None:
        promtool = require("promtool", "prometheus")
        port = free_port()
        async with node_under_test(tmp_path, more=f"[metrics]\nport = {port}\n"):
            await scraped(port)
            text = await asyncio.to_thread(fetched, port)
        judge = await asyncio.create_subprocess_exec(
            promtool, "check", "metrics", stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await judge.communicate(text.encode())

        assert (judge.returncode, said) == (0, b"")

    async def test_speaks_openmetrics_where_that_is_asked_for(self, tmp_path: Path) -> None:
        port = free_port()
        async with node_under_test(tmp_path, more=f"[metrics]\nport = {port}\n"):
            text = await asyncio.to_thread(fetched, port, OPEN)

        assert text.endswith("# EOF\n")
        assert 'umbel_info{node="node01.umbel.test"' in text


class TestAPortThatIsTaken:
    async def test_is_told_as_a_mistake(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(Mistake, match="expected a free TCP port"):
                async with node_under_test(tmp_path, more=f"[metrics]\nport = {port}\n"):
                    pytest.fail("it runs")
