"""``umbel diagnose`` where gateways are configured: this node now, the others as they remember."""

import asyncio
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.support.attempts import HANDSHAKE, shaken

from umbel.app.settings import load_settings
from umbel.app.stores import open_store
from umbel.cli.main import main
from umbel.diagnosis.observation import Direction, Observation, PeeringState
from umbel.identity.handshake import Ending, Role
from umbel.net.clock import SystemClock
from umbel.net.randomness import SystemRandomness
from umbel.sip.hop import Transport

SETTINGS = """
[node]
name = "node01.umbel.test"
[[listener]]
transport = "udp"
address = "127.0.0.1"
"""
SITE = """
[[dialplan]]
name = "office"
[[gateway]]
name = "pbx"
address = "127.0.0.1"
transport = "tcp"
port = {port}
[[huntgroup]]
name = "all"
gateway = "pbx"
dial_plan = "office"
"""


class Terminal:
    """Somebody at a terminal of a site with one gateway, which does not listen."""

    def __init__(self, folder: Path, port: int) -> None:
        self.settings = folder / "umbel.toml"
        self.settings.write_text(SETTINGS)
        (folder / "site.toml").write_text(SITE.format(port=port))

    def types(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["--settings", str(self.settings), *arguments])

    def remembers(self, *observations: Observation) -> None:
        """Put into the store what another node saw."""

        async def put() -> None:
            clock, randomness = SystemClock(), SystemRandomness()
            async with open_store(
                load_settings(self.settings), clock=clock, randomness=randomness
            ) as store:
                for one in observations:
                    store.observations.put(one)

        asyncio.run(put())


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        terminal = Terminal(tmp_path, taken.getsockname()[1])
        assert terminal.types("apply", str(tmp_path / "site.toml")).exit_code == 0
        yield terminal


def elsewhere(direction: Direction) -> Observation:
    """Give what node02 saw three minutes ago."""
    attempt = shaken(Ending.CLOSED_BY_PEER)
    report = replace(HANDSHAKE, role=Role.SERVER)
    is_ours = direction is Direction.TO_GATEWAY
    return Observation(
        node="node02.umbel.test",
        gateway="pbx",
        transport=Transport.TLS,
        direction=direction,
        state=PeeringState.REFUSED_BY_THEM,
        since=attempt.at,
        at=attempt.at,
        attempt=attempt if is_ours else None,
        handshake=None if is_ours else report,
    )


class TestEveryGateway:
    def test_is_laid_beside_what_the_other_nodes_remember(self, terminal: Terminal) -> None:
        terminal.remembers(*map(elsewhere, Direction))
        done = terminal.types("diagnose")

        assert done.exit_code == 1, done.output + repr(done.exception)
        assert "node01.umbel.test  pbx      ✗ down" in done.output
        assert "node02.umbel.test  pbx      ✗ refused by them," in done.output
        assert "✗ tcp." in done.output  # Something else may listen at the usual ports here.
        assert "(as it saw it" in done.output

    def test_is_told_to_programs_as_a_matrix(self, terminal: Terminal) -> None:
        done = terminal.types("diagnose", "--json")
        (site,) = json.loads(done.output)

        assert site["matrix"][0]["to_gateway"]["state"] == "down"
        assert site["diagnoses"][0]["findings"][0]["code"].startswith("tcp.")


class TestOneGateway:
    def test_is_shown_with_every_step(self, terminal: Terminal) -> None:
        done = terminal.types("diagnose", "pbx")

        assert done.exit_code == 1
        assert "✗ TCP" in done.output
        assert done.output.count("To mend it:") == 1

    def test_may_stand_beside_a_host(self, terminal: Terminal) -> None:
        done = terminal.types("diagnose", "pbx", "127.0.0.1:1", "--json")
        answers = json.loads(done.output)

        assert "matrix" in answers[0]
        assert answers[1]["peer"] == "127.0.0.1:1"


class TestNothingConfigured:
    def test_is_a_mistake_without_settings(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        done = CliRunner().invoke(main, ["diagnose"])

        assert done.exit_code == 2
        assert "expected HOST, HOST:PORT or PEM files" in done.stderr

    def test_is_a_mistake_without_a_gateway(self, terminal: Terminal) -> None:
        terminal.types("huntgroup", "remove", "all", "--yes")
        terminal.types("gateway", "remove", "pbx", "--yes")
        done = terminal.types("diagnose")

        assert done.exit_code == 2
        assert "umbel gateway add --help" in done.stderr
