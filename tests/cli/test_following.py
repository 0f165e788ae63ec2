"""What goes on until Ctrl-C: each thing once, and a clean end."""

import json
from pathlib import Path
from sys import executable

import pytest
from tests.support.program import Running, running, until

from umbel.app.settings import load_settings
from umbel.app.stores import open_store
from umbel.core import event_catalogue as catalogue
from umbel.core.events import Event
from umbel.directory.records import CallRecord, CallState, Direction
from umbel.net.clock import SystemClock
from umbel.net.randomness import SystemRandomness

CLOCK = SystemClock()


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Give the settings of a node with an empty store."""
    path = tmp_path / "umbel.toml"
    path.write_text('[node]\nname = "node01.umbel.test"\n')
    return path


async def _note(settings: Path, *things: Event | CallRecord) -> None:
    """Put events and calls into the store, as a node does."""
    loaded = load_settings(settings)
    async with open_store(loaded, clock=CLOCK, randomness=SystemRandomness()) as store:
        for thing in things:
            if isinstance(thing, Event):
                store.events.append(thing)
            else:
                store.calls.put(thing)


def _restarted() -> Event:
    return Event(
        kind=catalogue.STORE_AVAILABLE, at=CLOCK.wall(), node="n", fields={"node": "node01"}
    )


def _call(state: CallState, caption: str) -> CallRecord:
    return CallRecord(
        id="c1", node="n", direction=Direction.INBOUND, state=state, started=CLOCK.wall(),
        caller="2002", dialled="9000", flow="attendant", caption=caption, status=200,
        reason="the caller hung up",
    )  # fmt: skip


def _umbel(settings: Path, *arguments: str) -> tuple[str, ...]:
    call = "from umbel.cli.main import main; main()"
    return (executable, "-c", call, "--settings", str(settings), *arguments)


async def _interrupt(program: Running) -> None:
    """Press Ctrl-C."""
    program.process.send_signal(2)
    await program.wait(10)


class TestEvents:
    async def test_are_told_once_each_until_ctrl_c(self, settings: Path) -> None:
        await _note(settings, _restarted())
        command = _umbel(settings, "events", "--follow", "--json")
        async with running(*command, log=settings.with_name("log")) as program:
            await program.until("2061")
            await _note(settings, _restarted())
            await until(
                lambda: program.output.count("2061") == 2, 15, lambda: program.fail("told it once")
            )
            await _interrupt(program)

        lines = [json.loads(line) for line in program.output.splitlines()]
        assert [line["number"] for line in lines] == [2061, 2061]
        assert program.process.returncode == 0


class TestCalls:
    async def test_are_told_at_every_change_until_ctrl_c(self, settings: Path) -> None:
        await _note(settings, _call(CallState.ANSWERED, "Welcome."))
        command = _umbel(settings, "calls", "--follow")
        async with running(*command, log=settings.with_name("log")) as program:
            await program.until("c1  2002 → 9000  attendant: Welcome.", within=15)
            await _note(settings, _call(CallState.ENDED, "Welcome."))
            await program.until("ended: 200 the caller hung up", within=15)
            await _interrupt(program)

        assert "Traceback" not in program.output
        assert program.process.returncode == 0
