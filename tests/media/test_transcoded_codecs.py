"""G.722 and Opus in offer and answer: numbers, clocks, keys, and what happens without room."""

from dataclasses import replace

import pytest
from tests.support.repeatable_randomness import RepeatableRandomness
from tests.support.sdp import described, lines_of, ours

from umbel.media.offer_answer import (
    Busy,
    LocalMedia,
    MediaSecurity,
    NotAcceptable,
    OfferAnswer,
)
from umbel.media.session import PLAIN_CODECS, Codec

ALL = tuple(Codec)
TRANSCODED = (Codec.G722, Codec.OPUS)
OPUS = "rtpmap:96 opus/48000/2"
KEYS_OF_OPUS = "rtpmap:97 telephone-event/48000"
WIDE = "audio 4000 RTP/AVP 96 9 0 97 101"
"""A peer that likes Opus best, then G.722, and G.711 last."""


def without_room() -> OfferAnswer:
    local = LocalMedia(
        address="198.51.100.7",
        port=30000,
        security=MediaSecurity.NONE,
        session_id=42,
        codecs=PLAIN_CODECS,
        busy=TRANSCODED,
    )
    return OfferAnswer(local, RepeatableRandomness())


class TestAnOfferOfOurs:
    def test_has_g711_first_and_keys_for_each_clock(self) -> None:
        offer = ours(codecs=ALL).make_offer()

        assert lines_of(offer, "m=") == ["m=audio 30000 RTP/AVP 0 8 9 111 101 110"]
        assert lines_of(offer, "a=rtpmap") == [
            "a=rtpmap:0 PCMU/8000",
            "a=rtpmap:8 PCMA/8000",
            "a=rtpmap:9 G722/8000",
            "a=rtpmap:111 opus/48000/2",
            "a=rtpmap:101 telephone-event/8000",
            "a=rtpmap:110 telephone-event/48000",
        ]
        assert lines_of(offer, "a=fmtp:111") == [
            "a=fmtp:111 maxplaybackrate=8000;sprop-maxcapturerate=16000;stereo=0;useinbandfec=1"
        ]

    @pytest.mark.parametrize("codec", TRANSCODED)
    def test_is_answered_by_one_of_us(self, codec: Codec) -> None:
        caller, called = ours(codecs=ALL), ours(codecs=(codec,), address="192.0.2.9")
        answer, heard = called.receive_offer(caller.make_offer())
        agreed = caller.receive_answer(answer)

        assert (agreed.codec, heard.codec) == (codec, codec)
        assert agreed.payload_type == heard.payload_type
        assert agreed.telephone_event == heard.telephone_event
        assert agreed.telephone_event_rate == heard.telephone_event_rate == codec.clock_rate

    def test_keeps_the_numbers_that_the_peer_gave(self) -> None:
        us = ours(codecs=ALL)
        us.receive_offer(
            described(
                "rtpmap:101 opus/48000/2",
                "rtpmap:111 telephone-event/48000",
                media="audio 4000 RTP/AVP 101 111",
                telephone_event="ptime:20",
            )
        )

        assert lines_of(us.make_offer(), "m=") == ["m=audio 30000 RTP/AVP 0 8 9 101 96 111"]

    def test_without_any_codec_left_is_not_made(self) -> None:
        us = without_room()
        us.local = replace(us.local, codecs=())

        with pytest.raises(Busy, match="there is no room for G722 or opus now"):
            us.make_offer()


class TestAnAnswerOfOurs:
    def test_takes_opus_where_the_peer_likes_it_best(self) -> None:
        answer, session = ours(codecs=ALL).receive_offer(described(OPUS, KEYS_OF_OPUS, media=WIDE))

        assert (session.codec, session.payload_type) == (Codec.OPUS, 96)
        assert (session.telephone_event, session.telephone_event_rate) == (97, 48000)
        assert lines_of(answer, "m=") == ["m=audio 30000 RTP/AVP 96 97"]
        assert lines_of(answer, "a=rtpmap") == [
            "a=rtpmap:96 opus/48000/2",
            "a=rtpmap:97 telephone-event/48000",
        ]

    def test_takes_g722_by_its_static_number(self) -> None:
        answer, session = ours(codecs=ALL).receive_offer(
            described(media="audio 4000 RTP/AVP 9 0 101")
        )

        assert (session.codec, session.payload_type, session.telephone_event_rate) == (
            Codec.G722,
            9,
            8000,
        )
        assert lines_of(answer, "a=rtpmap:9 ") == ["a=rtpmap:9 G722/8000"]

    def test_takes_g711_where_the_peer_likes_it_best(self) -> None:
        _, session = ours(codecs=ALL).receive_offer(
            described(OPUS, media="audio 4000 RTP/AVP 0 96 9 101")
        )

        assert session.codec is Codec.PCMU

    def test_has_keys_of_the_old_clock_where_there_are_no_others(self) -> None:
        answer, session = ours(codecs=ALL).receive_offer(
            described(OPUS, media="audio 4000 RTP/AVP 96 101")
        )

        assert (session.telephone_event, session.telephone_event_rate) == (101, 8000)
        assert "a=rtpmap:101 telephone-event/8000" in lines_of(answer, "a=rtpmap")

    @pytest.mark.parametrize("rtpmap", ["opus/8000", "opus/48000", "opus/16000/2", "G722/16000"])
    def test_passes_over_what_has_another_clock(self, rtpmap: str) -> None:
        _, session = ours(codecs=ALL).receive_offer(
            described(f"rtpmap:96 {rtpmap}", media="audio 4000 RTP/AVP 96 8")
        )

        assert session.codec is Codec.PCMA

    @pytest.mark.parametrize(
        ("parameters", "codec"),
        [
            ("maxaveragebitrate=12000", Codec.PCMU),
            ("stereo=1; MaxAverageBitrate=16000;usedtx=1", Codec.PCMU),
            ("maxaveragebitrate=24000", Codec.OPUS),
            ("maxaveragebitrate=99999999999999", Codec.OPUS),
            ("maxaveragebitrate=none;;=", Codec.OPUS),
            ("cbr=1", Codec.OPUS),
        ],
    )
    def test_takes_opus_only_where_our_bits_are_welcome(
        self, parameters: str, codec: Codec
    ) -> None:
        _, session = ours(codecs=ALL).receive_offer(
            described(OPUS, f"fmtp:96 {parameters}", media="audio 4000 RTP/AVP 96 0")
        )

        assert session.codec is codec

    def test_has_packets_of_20_ms_of_opus_whatever_the_peer_would_like(self) -> None:
        _, session = ours(codecs=ALL).receive_offer(described(OPUS, "ptime:60", media=WIDE))

        assert session.ptime == 20

    def test_says_which_codecs_it_takes_where_there_is_none(self) -> None:
        with pytest.raises(NotAcceptable, match="takes PCMU or PCMA or G722 or opus") as told:
            ours(codecs=ALL).receive_offer(described(media="audio 4000 RTP/AVP 18"))

        assert told.value.status == 488


class TestWithoutRoom:
    def test_the_peers_g711_is_taken_wherever_it_stands(self) -> None:
        answer, session = without_room().receive_offer(described(OPUS, KEYS_OF_OPUS, media=WIDE))

        assert session.codec is Codec.PCMU
        assert (session.telephone_event, session.telephone_event_rate) == (101, 8000)
        assert lines_of(answer, "m=") == ["m=audio 30000 RTP/AVP 0 101"]

    @pytest.mark.parametrize("numbers", ["9", "96", "18 96 97"])
    def test_a_peer_that_has_nothing_else_is_told_to_come_again(self, numbers: str) -> None:
        us = without_room()
        with pytest.raises(
            Busy, match="there is no room now for another call with G722 or"
        ) as told:
            us.receive_offer(described(OPUS, media=f"audio 4000 RTP/AVP {numbers}"))

        assert told.value.status == 503
        assert us.session is None

    def test_a_peer_that_has_nothing_of_ours_need_not_come_again(self) -> None:
        with pytest.raises(NotAcceptable) as told:
            without_room().receive_offer(described(media="audio 4000 RTP/AVP 18"))

        assert told.value.status == 488

    def test_nothing_of_it_is_offered(self) -> None:
        offer = without_room().make_offer()

        assert lines_of(offer, "m=") == ["m=audio 30000 RTP/AVP 0 8 101"]

    def test_a_call_that_goes_on_may_change_to_it_where_nothing_else_is_left(self) -> None:
        us = without_room()
        us.receive_offer(described())
        _, session = us.receive_offer(described(media="audio 4000 RTP/AVP 9 101"))

        assert session.codec is Codec.G722


class TestACallWithG711:
    def test_stays_with_it_whatever_is_offered_first_later(self) -> None:
        us = ours(codecs=ALL)
        us.receive_offer(described())
        _, session = us.receive_offer(described(OPUS, KEYS_OF_OPUS, media=WIDE))

        assert session.codec is Codec.PCMU

    def test_follows_the_peer_from_one_law_to_the_other(self) -> None:
        us = ours(codecs=ALL)
        us.receive_offer(described())
        _, session = us.receive_offer(described(media="audio 4000 RTP/AVP 8 0 101"))

        assert session.codec is Codec.PCMA


class TestACallWithOpus:
    def test_goes_on_with_what_the_peer_offers_first(self) -> None:
        us = ours(codecs=ALL)
        us.receive_offer(described(OPUS, KEYS_OF_OPUS, media=WIDE))
        _, again = us.receive_offer(described(OPUS, KEYS_OF_OPUS, media=WIDE))
        _, then = us.receive_offer(described(media="audio 4000 RTP/AVP 0 101"))

        assert (again.codec, then.codec) == (Codec.OPUS, Codec.PCMU)
