"""A call from its acceptance to its end; every way out of it leaves the same order behind."""

from dataclasses import replace

import pytest
from tests.support.organisation import PLAN
from tests.support.scripted_peers import Caller, sdp
from tests.support.switchboard import STEP, Switchboard
from tests.support.virtual_time import in_virtual_time

from umbel.app.media_settings import MediaSettings
from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Unavailable
from umbel.core.events import EventKind
from umbel.directory.records import CallState
from umbel.mailbox.message import MessageState
from umbel.media.engine import Close, Connect
from umbel.media.session import Codec
from umbel.sip.hop import Source
from umbel.sip.message import Request
from umbel.trace.entry import CallNamed

RECEPTION, ANTONIO = "2000", "1001"
ONE = MediaSettings(transcoded_calls=1)
GREETED = 3.0
"""Seconds after which the greeting and the tone are over."""


@pytest.fixture(autouse=True)
def _no_synthesiser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have names spelled: a synthesiser is a program, and takes its time."""
    monkeypatch.setattr("umbel.app.voices.find_synthesiser", lambda _language: None)


def has_been_put_down(board: Switchboard) -> bool:
    """Say whether nothing is left of the call but its record."""
    return (
        len(board.reception) == 0
        and not board.record.is_live
        and board.media.sent[-1:] == [Close(session=board.record.id)]
    )


def ending(board: Switchboard) -> tuple[EventKind, object]:
    """Give the last event and its reason."""
    event = board.told.events[-1]
    return event.kind, event.fields.get("reason")


def lose_media(board: Switchboard) -> None:
    """Take the engine away from the only call."""
    board.media.die()
    board.reception.lose_media(frozenset({board.record.id}))


class TestACallThatIsAnswered:
    @in_virtual_time
    async def test_is_led_until_the_caller_hangs_up(self) -> None:
        board = Switchboard()
        caller = await board.call(RECEPTION)
        await board.hang_up(caller)

        assert caller.last_answer("BYE").status == 200
        assert has_been_put_down(board)
        assert board.captions
        assert (board.record.status, board.record.flow) == (200, "attendant")
        assert ending(board) == (catalogue.CALL_ENDED, "the peer hung up")

    @in_virtual_time
    async def test_is_written_down_where_its_end_has_a_reason_that_is_no_utf_8(self) -> None:
        board = Switchboard()
        caller = await board.call(RECEPTION)
        caller.request("BYE", fields=(("Reason", 'SIP;cause=200;text="\udcff"'),))
        await board.passes(1.0)

        assert has_been_put_down(board)
        assert board.record.reason == "�"
        assert ending(board) == (catalogue.CALL_ENDED, "�")

    @in_virtual_time
    async def test_tells_the_engine_beforehand_where_its_audio_comes_from(self) -> None:
        board = Switchboard()
        await board.hang_up(await board.call(RECEPTION))

        offer = sdp().decode()
        assert board.media.peer is not None
        address, port = board.media.peer
        assert f"c=IN IP4 {address}\r\n" in offer
        assert f"m=audio {port} " in offer

    @in_virtual_time
    async def test_can_be_found_in_the_trace(self) -> None:
        board = Switchboard()
        await board.hang_up(await board.call(RECEPTION))

        (named,) = board.traced
        assert isinstance(named, CallNamed)
        assert (named.call, named.call_id) == (board.record.id, "call-of-1002")

    @in_virtual_time
    async def test_is_written_down_with_how_its_audio_was(self) -> None:
        board = Switchboard()
        await board.hang_up(await board.call(RECEPTION))

        kept = board.record.statistics
        assert kept is not None
        assert (kept.codec, kept.packets_sent, kept.packets_lost) == ("PCMU", 500, 3)
        assert kept.jitter == 0.002

    @in_virtual_time
    async def test_takes_a_message_and_sends_it_when_the_caller_hangs_up(self) -> None:
        board = Switchboard()
        caller = await board.call(ANTONIO)
        await board.passes(GREETED)
        board.media.hear(5.0)
        await board.hang_up(caller)

        (message,) = board.store.messages.kept.values()
        assert (message.state, message.duration) == (MessageState.NEW, 5.0)
        assert has_been_put_down(board)

    @in_virtual_time
    async def test_lasts_no_longer_than_the_dial_plan_allows(self) -> None:
        board = Switchboard(replace(PLAN, max_call=600))
        caller = await board.call(ANTONIO)
        await board.passes(599.0)
        assert caller.got("BYE") == []
        await board.passes(2.0)

        assert len(caller.got("BYE")) == 1
        assert has_been_put_down(board)
        assert "longer than 600 s" in board.record.reason

    @in_virtual_time
    async def test_hears_keys_that_come_by_signalling(self) -> None:
        board = Switchboard()
        caller = await board.call(ANTONIO)
        caller.ask("INFO", body=b"Signal=*\r\n", content_type="application/dtmf-relay")
        await board.passes(1.0)

        assert any("PIN" in caption for caption in board.captions)
        await board.hang_up(caller)

    @in_virtual_time
    async def test_is_heard_at_another_address_after_a_re_invite(self) -> None:
        board = Switchboard()
        caller = await board.call(RECEPTION)
        answer = caller.ask("INVITE", body=sdp(50000))
        caller.acknowledge()
        await board.passes(STEP)

        assert answer.status == 200
        first, second = board.media.of(Connect)
        assert (first.media.remote_port, second.media.remote_port) == (40000, 50000)
        await board.hang_up(caller)


class TestACallThatIsNotAnswered:
    @in_virtual_time
    async def test_because_the_caller_gave_up_is_put_down_all_the_same(self) -> None:
        board = Switchboard()
        caller = board.caller(RECEPTION)
        caller.request("INVITE", body=sdp())
        caller.request("CANCEL", number=1, branch="z9hG4bK10021INVITE")
        await board.passes(1.0)

        assert caller.last_answer("INVITE").status == 487
        assert len(board.reception) == 0
        assert board.captions == []
        assert board.record.state is CallState.ENDED
        assert board.told.kinds == [catalogue.CALL_ENDED]

    @in_virtual_time
    async def test_because_there_is_no_media_gets_503(self) -> None:
        board = Switchboard()
        board.media.port = Unavailable("every port for audio is taken")
        caller = board.caller(RECEPTION)
        caller.request("INVITE", body=sdp())
        await board.passes(1.0)

        assert caller.last_answer("INVITE").status == 503
        assert board.media.sent == []
        assert ending(board) == (catalogue.CALL_REJECTED, "every port for audio is taken")

    @in_virtual_time
    async def test_because_of_a_fault_of_ours_gets_500(self) -> None:
        board = Switchboard()
        board.media.port = ValueError("no number")
        caller = board.caller(RECEPTION)
        caller.request("INVITE", body=sdp())
        await board.passes(1.0)

        assert caller.last_answer("INVITE").status == 500
        assert board.told.kinds == [catalogue.CALL_FAILED, catalogue.CALL_REJECTED]
        assert len(board.reception) == 0

    @in_virtual_time
    async def test_because_its_offer_has_nothing_for_us_gets_488(self) -> None:
        board = Switchboard()
        caller = board.caller(RECEPTION)
        caller.request("INVITE", body=sdp().replace(b"RTP/AVP 0 101", b"RTP/AVP 99"))
        await board.passes(1.0)

        assert caller.last_answer("INVITE").status == 488
        assert has_been_put_down(board)
        assert ending(board)[0] is catalogue.CALL_REJECTED

    @in_virtual_time
    async def test_because_nobody_acknowledged_it_ends_after_32_seconds(self) -> None:
        board = Switchboard()
        caller = board.caller(RECEPTION)
        caller.request("INVITE", body=sdp())
        await board.passes(40.0)

        assert has_been_put_down(board)
        assert (board.record.status, board.record.answered) == (408, None)
        assert ending(board)[0] is catalogue.CALL_ENDED
        assert board.captions == []


class TestAFlowThatFails:
    @in_virtual_time
    async def test_is_told_and_the_caller_hears_that_we_are_sorry(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("umbel.app.served_call.lead", _fail)
        board = Switchboard()
        caller = await board.call(RECEPTION)
        await board.passes(1.0)

        assert len(caller.got("BYE")) == 1
        assert "Please try again later." in board.captions[-1]
        assert board.told.kinds == [catalogue.CALL_FAILED, catalogue.CALL_ENDED]
        assert has_been_put_down(board)


class TestALostMediaEngineWithoutAnother:
    @in_virtual_time
    async def test_ends_the_call_where_there_is_no_other(self) -> None:
        board = Switchboard()
        caller = await board.call(RECEPTION)
        board.media.port = Unavailable("no media engine can be started")
        lose_media(board)
        await board.passes(1.0)

        assert len(caller.got("BYE")) == 1
        assert board.record.reason == "the media engine was lost: no media engine can be started"
        assert board.record.statistics is None
        assert len(board.reception) == 0

    @in_virtual_time
    async def test_keeps_what_was_spoken(self) -> None:
        board = Switchboard()
        await board.call(ANTONIO)
        await board.passes(GREETED)
        board.media.hear(5.0)
        board.media.port = Unavailable("no media engine can be started")
        lose_media(board)
        await board.passes(1.0)

        (message,) = board.store.messages.kept.values()
        assert (message.state, message.duration) == (MessageState.NEW, 5.0)


class TestANodeThatStops:
    @in_virtual_time
    async def test_says_goodbye_to_its_callers(self) -> None:
        board = Switchboard()
        caller = await board.call(RECEPTION)
        await board.reception.stop("this node is shutting down")
        await board.passes(STEP)

        assert "this node is shutting down" in str(caller.got("BYE")[0].headers.get("Reason"))
        assert has_been_put_down(board)


class TestATransfer:
    @in_virtual_time
    async def test_leads_the_caller_elsewhere(self) -> None:
        board, caller = await _operator_wanted(202)
        caller.ask(
            "NOTIFY",
            fields=(("Event", "refer"), ("Subscription-State", "terminated;reason=noresource")),
            body=b"SIP/2.0 200 OK\r\n",
            content_type="message/sipfrag;version=2.0",
        )
        await board.passes(1.0)

        assert str(caller.got("REFER")[0].headers.get("Refer-To")) == "<sip:1009@10.0.0.1>"
        assert len(caller.got("BYE")) == 1
        assert catalogue.TRANSFERRED in board.told.kinds
        assert has_been_put_down(board)

    @in_virtual_time
    async def test_that_the_peer_refuses_leaves_the_caller_here(self) -> None:
        board, caller = await _operator_wanted(603)
        await board.passes(1.0)

        assert catalogue.TRANSFER_FAILED in board.told.kinds
        assert "The operator cannot be reached now." in " ".join(board.captions)
        assert caller.got("BYE") == []
        await board.hang_up(caller)
        assert has_been_put_down(board)

    @in_virtual_time
    async def test_is_over_when_the_caller_hangs_up_meanwhile(self) -> None:
        board, caller = await _operator_wanted(202)
        await board.hang_up(caller)

        failed = next(it for it in board.told.events if it.kind is catalogue.TRANSFER_FAILED)
        assert failed.fields["reason"] == "487 the caller hung up"
        assert has_been_put_down(board)

    @in_virtual_time
    async def test_to_what_is_no_address_is_not_asked_for(self) -> None:
        board, caller = await _operator_wanted(202, operator="sip:no address")
        await board.passes(1.0)

        assert caller.got("REFER") == []
        failed = next(it for it in board.told.events if it.kind is catalogue.TRANSFER_FAILED)
        assert "484 sip:no address cannot be called" in str(failed.fields["reason"])
        await board.hang_up(caller)


async def _operator_wanted(answer: int, *, operator: str = "1009") -> tuple[Switchboard, Caller]:
    """Call Antonio, press 0 for the operator, and have the peer answer the REFER so."""
    board = Switchboard(replace(PLAN, operator=operator))
    caller = await board.call(ANTONIO)

    def respond(refer: Request, source: Source) -> None:
        caller.respond(refer, source, answer)

    caller.on("REFER", respond)
    caller.ask("INFO", body=b"Signal=0\r\n", content_type="application/dtmf-relay")
    await board.passes(1.0)
    return board, caller


async def _fail(*_arguments: object) -> None:
    raise ZeroDivisionError("as the test wants it")


def offer(*formats: str) -> bytes:
    """Give an offer of G.722, or of whatever *formats* say."""
    numbers = " ".join(formats)
    return sdp().replace(b"RTP/AVP 0 101", f"RTP/AVP {numbers} 101".encode())


class TestATranscodedCall:
    @in_virtual_time
    async def test_is_counted_for_as_long_as_it_lasts(self) -> None:
        board = Switchboard()
        caller = await board.call(RECEPTION, offer("9", "0"))

        assert caller.last_answer("INVITE").body.count(b"G722/8000") == 1
        assert len(board.codecs) == 1
        await board.hang_up(caller)
        assert len(board.codecs) == 0
        assert board.record.statistics is not None
        assert board.record.statistics.codec == "G722"

    @in_virtual_time
    async def test_gets_g711_where_there_is_no_room(self) -> None:
        board = Switchboard(media_settings=ONE)
        board.codecs.agree("another", Codec.G722)
        await board.hang_up(await board.call(RECEPTION, offer("9", "0")))

        assert board.record.statistics is not None
        assert board.record.statistics.codec == "PCMU"
        assert len(board.codecs) == 1
        (full,) = [
            event for event in board.told.events if event.kind is catalogue.NO_ROOM_TO_TRANSCODE
        ]
        assert full.fields["call"] == board.record.id

    @in_virtual_time
    async def test_without_g711_is_refused_with_the_reason_where_there_is_no_room(self) -> None:
        board = Switchboard(media_settings=ONE)
        board.codecs.agree("another", Codec.G722)
        caller = board.caller(RECEPTION)
        caller.request("INVITE", body=offer("9"))
        await board.passes(1.0)

        answer = caller.last_answer("INVITE")
        assert answer.status == 503
        assert "no room now for another call with G722" in str(answer.headers.get("Warning"))
        kind, reason = ending(board)
        assert kind is catalogue.CALL_REJECTED
        assert "no room now" in str(reason)
        assert board.record.status == 503
        assert len(board.codecs) == 1

    @in_virtual_time
    async def test_is_no_business_of_a_node_that_transcodes_nothing(self) -> None:
        board = Switchboard(media_settings=MediaSettings(transcoded_calls=0))
        caller = board.caller(RECEPTION)
        caller.request("INVITE", body=offer("9"))
        await board.passes(1.0)

        assert caller.last_answer("INVITE").status == 488
        assert len(board.codecs) == 0
