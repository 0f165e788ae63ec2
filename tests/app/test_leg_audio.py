"""The engine of a call is lost: another takes it over, the peer follows, and the caller goes on."""

from collections.abc import Callable

import pytest
from tests.app.test_served_call import ANTONIO, GREETED, RECEPTION, has_been_put_down, lose_media
from tests.support.scripted_peers import Caller, sdp
from tests.support.switchboard import STEP, Switchboard
from tests.support.virtual_time import in_virtual_time

from umbel.app.leg_audio import MOST_MOVES, PEER_PATIENCE
from umbel.mailbox.message import MessageState
from umbel.media.engine import Connect, KeyFromSignalling, Play, Record
from umbel.sip.hop import Source
from umbel.sip.message import Request

SOON = 4 * STEP


@pytest.fixture(autouse=True)
def _no_synthesiser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have names spelled: a synthesiser is a program, and takes its time."""
    monkeypatch.setattr("umbel.app.voices.find_synthesiser", lambda _language: None)


def answers(caller: Caller, status: int = 200, body: bytes = b"") -> Callable[[], None]:
    """Have the peer answer re-INVITEs so; give what makes it answer in the usual way again."""

    def answer(invite: Request, source: Source) -> None:
        caller.respond(invite, source, status, body=body or (sdp() if status == 200 else b""))

    caller.on("INVITE", answer)
    return lambda: caller.on(
        "INVITE", lambda invite, source: caller.respond(invite, source, 200, body=sdp())
    )


async def lost(board: Switchboard, port: int = 31000) -> None:
    """Lose the engine; the next one gives another port."""
    board.media.port = port
    lose_media(board)
    await board.passes(SOON)


class TestACallWhoseEngineIsLost:
    @in_virtual_time
    async def test_tells_its_peer_where_its_audio_is_now(self) -> None:
        board = Switchboard()
        caller = await board.call(RECEPTION)
        answers(caller)
        await lost(board)

        (invite,) = caller.got("INVITE")
        assert b"m=audio 31000 RTP/AVP" in invite.body
        assert len(board.media.of(Connect)) == 2
        assert board.media.peer == ("192.0.2.50", 40000)
        await board.hang_up(caller)
        assert has_been_put_down(board)
        assert "media.moved" in [milestone.name for milestone in board.record.milestones]

    @in_virtual_time
    async def test_keeps_its_codec(self) -> None:
        board = Switchboard()
        caller = board.caller(RECEPTION)
        alaw = sdp().replace(b"RTP/AVP 0 101", b"RTP/AVP 8 101").replace(b"0 PCMU", b"8 PCMA")
        caller.request("INVITE", body=alaw)
        await board.passes(2 * STEP)
        caller.remote_tag = caller.last_answer("INVITE").to.tag
        caller.acknowledge()
        await board.passes(STEP)
        answers(caller, body=alaw)
        await lost(board)

        (invite,) = caller.got("INVITE")
        assert b"m=audio 31000 RTP/AVP 8 0 9 " in invite.body
        await board.hang_up(caller)

    @in_virtual_time
    async def test_says_its_words_again(self) -> None:
        board = Switchboard()
        caller = await board.call(RECEPTION)
        answers(caller)
        (before,) = board.media.of(Play)
        await lost(board)

        assert board.media.of(Play) == [before, before]
        await board.hang_up(caller)

    @in_virtual_time
    async def test_asks_again_when_it_was_waiting_for_a_key(self) -> None:
        board = Switchboard()
        caller = await board.call(RECEPTION)
        answers(caller)
        await board.passes(GREETED)
        asked, waiting = board.captions[-1], len(board.media.of(Play))
        await lost(board)

        assert len(board.media.of(Play)) == waiting + 1
        assert board.captions[-1] == asked
        await board.hang_up(caller)

    @in_virtual_time
    async def test_records_on_into_the_same_message(self) -> None:
        board = Switchboard()
        caller = await board.call(ANTONIO)
        answers(caller)
        await board.passes(GREETED)
        board.media.hear(5.0)
        await lost(board)
        board.media.hear(4.0)
        first, second = board.media.of(Record)
        await board.hang_up(caller)

        (message,) = board.store.messages.kept.values()
        assert (message.state, message.duration) == (MessageState.NEW, 9.0)
        assert second.longest == first.longest - 5.0
        assert has_been_put_down(board)

    @in_virtual_time
    async def test_keeps_the_keys_that_came_by_signalling_meanwhile(self) -> None:
        board = Switchboard()
        caller = await board.call(ANTONIO)
        put_back = answers(caller, 491)
        await lost(board)
        caller.ask("INFO", body=b"Signal=*\r\n", content_type="application/dtmf-relay")
        assert board.media.of(KeyFromSignalling) == []
        put_back()
        await board.passes(3.0)

        assert len(board.media.of(KeyFromSignalling)) == 1
        assert any("PIN" in caption for caption in board.captions)
        await board.hang_up(caller)

    @in_virtual_time
    async def test_goes_on_after_glare(self) -> None:
        board = Switchboard()
        caller = await board.call(RECEPTION)
        put_back = answers(caller, 491)
        await lost(board)
        put_back()
        await board.passes(3.0)

        assert len(caller.got("INVITE")) == 2
        assert len(board.media.of(Connect)) == 2
        assert caller.got("BYE") == []
        await board.hang_up(caller)

    @in_virtual_time
    async def test_goes_on_where_the_peer_asks_first(self) -> None:
        """The peer changes the session while ours is put off: its answer has the new port."""
        board = Switchboard()
        caller = await board.call(RECEPTION)
        put_back = answers(caller, 491)
        await lost(board)
        put_back()
        answer = caller.ask("INVITE", body=sdp(50000))
        caller.acknowledge()
        await board.passes(STEP)

        assert b"m=audio 31000 RTP/AVP" in answer.body
        assert board.media.of(Connect)[-1].media.remote_port == 50000
        await board.hang_up(caller)

    @in_virtual_time
    async def test_may_lose_the_next_one_while_the_peer_makes_up_its_mind(self) -> None:
        board = Switchboard()
        caller = await board.call(RECEPTION)
        put_back = answers(caller, 491)
        await lost(board)
        put_back()
        await lost(board, 32000)
        await board.passes(3.0)

        assert b"m=audio 32000 RTP/AVP" in caller.got("INVITE")[-1].body
        assert caller.got("BYE") == []
        await board.hang_up(caller)
        assert has_been_put_down(board)

    @in_virtual_time
    async def test_has_not_to_be_acknowledged_yet(self) -> None:
        board = Switchboard()
        caller = board.caller(RECEPTION)
        caller.request("INVITE", body=sdp())
        await board.passes(2 * STEP)
        answers(caller)
        await lost(board)
        assert caller.got("INVITE") == []
        caller.remote_tag = caller.last_answer("INVITE").to.tag
        caller.acknowledge()
        await board.passes(SOON)

        assert len(caller.got("INVITE")) == 1
        assert board.captions
        await board.hang_up(caller)

    @in_virtual_time
    async def test_does_not_concern_the_calls_of_other_engines(self) -> None:
        board = Switchboard()
        caller = await board.call(RECEPTION)
        board.reception.lose_media(frozenset({"another call"}))
        await board.passes(1.0)

        assert caller.got("INVITE") == []
        await board.hang_up(caller)
        assert has_been_put_down(board)


class TestACallThatCannotMove:
    @in_virtual_time
    async def test_because_the_peer_refuses_ends_and_keeps_what_was_spoken(self) -> None:
        board = Switchboard()
        caller = await board.call(ANTONIO)
        answers(caller, 488)
        await board.passes(GREETED)
        board.media.hear(5.0)
        await lost(board)
        await board.passes(1.0)

        assert len(caller.got("BYE")) == 1
        assert "the peer refused another: 488" in board.record.reason
        (message,) = board.store.messages.kept.values()
        assert (message.state, message.duration) == (MessageState.NEW, 5.0)
        assert has_been_put_down(board)

    @in_virtual_time
    async def test_because_the_peer_is_silent_ends_soon(self) -> None:
        board = Switchboard()
        caller = await board.call(RECEPTION)
        caller.on("INVITE", lambda _invite, _source: None)
        await lost(board)
        await board.passes(PEER_PATIENCE - 1.0)
        assert caller.got("BYE") == []
        await board.passes(2.0)

        assert len(caller.got("BYE")) == 1
        assert "did not answer" in board.record.reason
        assert has_been_put_down(board)

    @in_virtual_time
    async def test_because_it_moves_again_and_again_ends(self) -> None:
        board = Switchboard()
        caller = await board.call(RECEPTION)
        answers(caller)
        for count in range(MOST_MOVES):
            await lost(board, 31000 + 2 * count)
        assert caller.got("BYE") == []
        await lost(board)
        await board.passes(1.0)

        assert len(caller.got("BYE")) == 1
        assert "4th time" in board.record.reason

    @in_virtual_time
    async def test_because_of_a_fault_of_ours_ends(self) -> None:
        board = Switchboard()
        caller = await board.call(RECEPTION)
        board.media.port = ZeroDivisionError("as the test wants it")
        lose_media(board)
        await board.passes(1.0)

        assert len(caller.got("BYE")) == 1
        assert "an internal error" in board.record.reason

    @in_virtual_time
    async def test_because_the_caller_hangs_up_meanwhile_is_put_down(self) -> None:
        board = Switchboard()
        caller = await board.call(ANTONIO)
        await board.passes(GREETED)
        board.media.hear(5.0)
        caller.on("INVITE", lambda _invite, _source: None)
        await lost(board)
        await board.hang_up(caller)

        (message,) = board.store.messages.kept.values()
        assert (message.state, message.duration) == (MessageState.NEW, 5.0)
        assert has_been_put_down(board)
