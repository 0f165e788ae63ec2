"""A node that is full sends new calls elsewhere, in time and with the reason; the others go on."""

import pytest
from tests.support.scripted_peers import Caller, sdp
from tests.support.still_clock import StillClock
from tests.support.switchboard import STEP, Switchboard
from tests.support.told import Told
from tests.support.virtual_time import in_virtual_time

from umbel.app.capacity import Capacity
from umbel.core import event_catalogue as catalogue
from umbel.core.instants import Instant
from umbel.media.admission import Admission
from umbel.media.engine import Load
from umbel.sip.hop import Source, Transport

RECEPTION = "2000"
CALM = Load(sessions=400, busy=0.2, latest=0.001, skipped=0)
OVER = Load(sessions=400, busy=0.9, latest=0.07, skipped=3)


@pytest.fixture(autouse=True)
def _no_synthesiser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have names spelled: a synthesiser is a program, and takes its time."""
    monkeypatch.setattr("umbel.app.voices.find_synthesiser", lambda _language: None)


def tells(board: Switchboard, *loads: Load) -> None:
    """Have the engine tell its loads."""
    for load in loads:
        board.media.admission.take(0, load, board.network.now)
        board.capacity.look(0, load)


async def invited(board: Switchboard, caller: Caller) -> None:
    caller.request("INVITE", body=sdp())
    await board.passes(2 * STEP)


class TestANodeThatIsFull:
    @in_virtual_time
    async def test_refuses_a_new_call_and_says_when_to_come_again(self) -> None:
        board = Switchboard()
        tells(board, OVER)
        caller = board.caller(RECEPTION)
        await invited(board, caller)

        answer = caller.last_answer("INVITE")
        assert answer.status == 503
        assert answer.headers.get("Retry-After") == "10"
        assert "left out 3 ticks of a second under its load" in str(answer.headers.get("Reason"))
        assert board.media.sent == []
        assert board.record.status == 503

    @in_virtual_time
    async def test_tells_it_once_and_its_end_with_how_many_it_refused(self) -> None:
        board = Switchboard()
        tells(board, OVER)
        caller = board.caller(RECEPTION)
        await invited(board, caller)
        tells(board, OVER, CALM, CALM, CALM)

        assert board.told.kinds == [catalogue.NODE_FULL, catalogue.NODE_HAS_ROOM]
        full, room = board.told.events
        assert (full.fields["busy"], full.fields["late"], full.fields["skipped"]) == (90, 70, 3)
        assert room.fields["count"] == 1

    @in_virtual_time
    async def test_answers_options_as_it_would_a_call(self) -> None:
        board = Switchboard()
        source = Source(
            transport=Transport.UDP,
            address="10.0.0.1",
            port=5060,
            local_address="192.0.2.9",
            local_port=5060,
        )
        assert board.reception.refusal(source) is None
        tells(board, OVER)

        refusal = board.reception.refusal(source)
        assert refusal is not None
        assert (refusal.status, refusal.retry_after) == (503, 10)

    @in_virtual_time
    async def test_goes_on_with_its_calls_and_what_they_ask_for(self) -> None:
        board = Switchboard()
        caller = await board.call(RECEPTION)
        tells(board, OVER)
        answer = caller.ask("INVITE", body=sdp(50000))
        caller.acknowledge()
        await board.passes(STEP)

        assert answer.status == 200
        await board.hang_up(caller)
        assert caller.last_answer("BYE").status == 200


class TestItsLoad:
    def capacity(self, told: Told, cores: tuple[int, ...] = ()) -> tuple[Capacity, Admission]:
        class Engines:
            admission = Admission(2)
            sessions = (3, 4)

        engines = Engines()
        capacity = Capacity(
            "node01", engines, cores=cores, calls=lambda: 6, events=told, clock=StillClock()
        )
        return capacity, engines.admission

    def test_is_the_worst_since_it_was_told_last(self) -> None:
        capacity, admission = self.capacity(Told())
        for load in (OVER, CALM):
            admission.take(0, load, Instant(1.0))
            capacity.look(0, load)

        first, second = capacity.load(), capacity.load()
        assert (first.calls, first.sessions, first.busy) == (6, 7, 0.2)
        assert (first.latest, first.skipped) == (0.07, 3)
        assert (second.latest, second.skipped) == (0.0, 0)

    def test_says_once_that_an_engine_is_not_pinned_as_it_was_to_be(self) -> None:
        told = Told()
        capacity, _ = self.capacity(told, cores=(0, 5))
        pinned = Load(sessions=0, busy=0.0, latest=0.0, skipped=0, core=0)
        for engine, load in ((0, pinned), (1, CALM), (1, CALM)):
            capacity.look(engine, load)

        (event,) = told.events
        assert (event.kind, event.fields["core"]) == (catalogue.ENGINE_NOT_PINNED, 5)
