"""What a node keeps of its traffic, and what becomes of calls when it cannot."""

from dataclasses import replace
from pathlib import Path

from tests.support.still_clock import StillClock

from umbel.app import tracing
from umbel.app.faults import Faults
from umbel.app.kept_trace import KeptTrace
from umbel.app.settings import NodeSettings, Settings, TraceSettings
from umbel.app.teller import Teller
from umbel.app.tracing import Tracer, ring_of, running_trace
from umbel.core.events import Event
from umbel.sip.hop import Transport
from umbel.trace.entry import CallNamed, Entry, Passage

CLOCK = StillClock()
NODE = "node01.example.org"
INFO = b"INFO sip:3000@192.0.2.1 SIP/2.0\r\nContent-Type: application/dtmf\r\n\r\n7"
PASSAGE = Passage(
    at=CLOCK.wall(),
    transport=Transport.UDP,
    local=("0.0.0.0", 5060),
    remote=("127.0.0.1", 40000),
    sent_by_us=False,
    octets=INFO,
)
NAMED = CallNamed(at=CLOCK.wall(), call="k7q2p", call_id="8@client.example.org")


def settings(folder: Path, *, enabled: bool = True) -> Settings:
    trace = TraceSettings(folder=str(folder / "trace"), enabled=enabled)
    return Settings(node=NodeSettings(name=NODE), trace=trace)


def kept(folder: Path) -> list[Entry]:
    return [one.entry for one in KeptTrace(folder / "trace").news()]


class Office:
    """A tracer, and the events that it caused."""

    def __init__(self, folder: Path) -> None:
        self.told: list[Event] = []
        self.events = Teller(NODE, CLOCK)
        self.events.add_listener(self.told.append)
        self.settings = settings(folder)
        self.tracer = Tracer(ring_of(self.settings.trace, NODE, CLOCK), NODE, self.events)

    @property
    def numbers(self) -> list[int]:
        return [event.kind.number for event in self.told]


class TestWhatPasses:
    async def test_is_kept_without_secrets_and_with_the_address_that_was_used(
        self, tmp_path: Path
    ) -> None:
        office = Office(tmp_path)
        for entry in (PASSAGE, NAMED):
            office.tracer.take(entry)
        await office.tracer.close()
        redacted = INFO.removesuffix(b"7") + b"redacted"

        assert kept(tmp_path) == [
            replace(PASSAGE, octets=redacted, local=("127.0.0.1", 5060)),
            NAMED,
        ]
        assert office.numbers == []

    async def test_is_kept_while_the_node_runs(self, tmp_path: Path) -> None:
        office = Office(tmp_path)
        faults = Faults(office.events, CLOCK)
        async with running_trace(office.settings, CLOCK, office.events, faults) as take:
            take(NAMED)

        assert kept(tmp_path) == [NAMED]
        assert [one.node for one in KeptTrace(tmp_path / "trace").news()] == [NODE]

    async def test_is_not_kept_where_nobody_wants_it(self, tmp_path: Path) -> None:
        office = Office(tmp_path)
        faults = Faults(office.events, CLOCK)
        unwanted = settings(tmp_path, enabled=False)
        async with running_trace(unwanted, CLOCK, office.events, faults) as take:
            take(NAMED)

        assert not (tmp_path / "trace").exists()


class TestDiskThatTakesNothing:
    async def test_is_told_once_and_so_is_its_recovery(self, tmp_path: Path) -> None:
        office = Office(tmp_path)
        (tmp_path / "trace").write_text("a file in its place")
        for _ in range(3):
            office.tracer.take(NAMED)
            await office.tracer.flush()
        failing = office.numbers.copy()
        (tmp_path / "trace").unlink()
        for _ in range(2):
            office.tracer.take(NAMED)
            await office.tracer.flush()
        await office.tracer.close()

        assert failing == [2062]
        assert office.numbers == [2062, 2063]
        assert "trace" in office.told[0].sentence
        assert kept(tmp_path) == [NAMED, NAMED]

    async def test_fills_no_memory(self, tmp_path: Path) -> None:
        """What is too much is counted, and told once."""
        office = Office(tmp_path)
        for _ in range(tracing.MOST_WAITING + 5):
            office.tracer.take(NAMED)
        await office.tracer.flush()
        office.tracer.take(NAMED)
        await office.tracer.close()

        assert office.numbers == [2062, 2063]
        assert "5 messages" in office.told[0].sentence
        assert len(kept(tmp_path)) == tracing.MOST_WAITING + 1


class TestRecordOfAnotherUmbel:
    async def test_costs_only_itself(self, tmp_path: Path) -> None:
        office = Office(tmp_path)
        ring = ring_of(office.settings.trace, NODE, CLOCK)
        ring.append([b"{unreadable", b'{"heartbeat": {}}'])
        office.tracer.take(NAMED)
        await office.tracer.close()

        assert kept(tmp_path) == [NAMED]
