"""Offers within a dialog: hold, resume, other addresses, codecs and keys (RFC 3264 section 8)."""

from dataclasses import replace

import pytest
from tests.support.sdp import CRYPTO_32, CRYPTO_80, described, lines_of, ours

from umbel.core.errors import Misuse
from umbel.media.offer_answer import MediaSecurity, NotAcceptable, OfferAnswer
from umbel.media.session import Codec, Direction


def answered(dialog: OfferAnswer, offer: bytes) -> tuple[str, Direction]:
    """Give the direction that our answer says, and the one that the engine is told."""
    answer, session = dialog.receive_offer(offer)
    return answer.decode().splitlines()[-1], session.direction


class TestHold:
    @pytest.mark.parametrize(
        ("offered", "answer"),
        [
            ("sendrecv", "sendrecv"),
            ("sendonly", "recvonly"),
            ("recvonly", "sendonly"),
            ("inactive", "inactive"),
        ],
    )
    def test_is_answered_in_kind(self, offered: str, answer: str) -> None:
        assert answered(ours(), described(offered)) == (f"a={answer}", Direction(answer))

    @pytest.mark.parametrize(
        ("offered", "answer"),
        [
            ("sendrecv", "recvonly"),
            ("sendonly", "recvonly"),
            ("recvonly", "inactive"),
            ("inactive", "inactive"),
        ],
    )
    def test_by_a_null_address_stops_what_we_send(self, offered: str, answer: str) -> None:
        """As phones did before RFC 3264: that offer says sendrecv, or nothing."""
        dialog = ours()
        offer = described(offered, address="IP4 0.0.0.0")

        assert answered(dialog, offer) == (f"a={answer}", Direction(answer))
        assert dialog.session is not None
        assert dialog.session.remote_rtcp_port == 0

    def test_ends_with_the_offer_that_resumes(self) -> None:
        dialog = ours()
        before = dialog.receive_offer(described())[1]
        dialog.receive_offer(described("sendonly"))

        assert dialog.receive_offer(described())[1] == before

    def test_does_not_outlast_an_offer_of_ours(self) -> None:
        """An INVITE without SDP asks what we can, and that is to talk both ways."""
        dialog = ours()
        dialog.receive_offer(described("sendonly"))

        assert lines_of(dialog.make_offer(), "a=sendrecv")


class TestTheVersion:
    def version(self, sdp: bytes) -> str:
        return lines_of(sdp, "o=")[0].split()[2]

    def test_stays_while_nothing_changes(self) -> None:
        dialog = ours()
        first, _ = dialog.receive_offer(described())
        again, _ = dialog.receive_offer(described())

        assert first == again

    def test_goes_up_by_one_with_each_change(self) -> None:
        dialog = ours()
        answers = [
            dialog.receive_offer(described(direction))[0]
            for direction in ("sendrecv", "sendonly", "sendonly", "sendrecv")
        ]

        assert [self.version(answer) for answer in answers] == ["1", "2", "2", "3"]

    def test_stays_when_an_offer_is_refused(self) -> None:
        dialog = ours()
        dialog.receive_offer(described())
        with pytest.raises(NotAcceptable):
            dialog.receive_offer(described(media="audio 4000 RTP/AVP 18"))

        assert self.version(dialog.receive_offer(described())[0]) == "1"

    def test_goes_up_when_our_media_move(self) -> None:
        dialog = ours()
        dialog.receive_offer(described())
        dialog.local = replace(dialog.local, address="198.51.100.8")
        answer, _ = dialog.receive_offer(described())

        assert self.version(answer) == "2"
        assert lines_of(answer, "c=") == ["c=IN IP4 198.51.100.8"]

    def test_counts_our_offers_and_answers_together(self) -> None:
        dialog = ours()
        dialog.receive_offer(described())

        assert self.version(dialog.make_offer()) == "2"
        assert self.version(dialog.make_offer()) == "2"


class TestAChange:
    def test_of_address_and_port_is_followed(self) -> None:
        dialog = ours()
        dialog.receive_offer(described())
        _, session = dialog.receive_offer(
            described(media="audio 5000 RTP/AVP 0", address="IP4 203.0.113.5")
        )

        assert (session.remote_address, session.remote_port) == ("203.0.113.5", 5000)

    def test_of_codec_is_followed(self) -> None:
        dialog = ours()
        dialog.receive_offer(described())
        answer, session = dialog.receive_offer(described(media="audio 4000 RTP/AVP 8"))

        assert session.codec is Codec.PCMA
        assert lines_of(answer, "m=") == ["m=audio 30000 RTP/AVP 8"]

    def test_that_cannot_be_taken_leaves_all_as_it_was(self) -> None:
        dialog = ours()
        _, before = dialog.receive_offer(described())
        with pytest.raises(NotAcceptable):
            dialog.receive_offer(described(media="audio 4000 RTP/AVP 18"))

        assert dialog.session == before

    def test_to_no_stream_is_answered_so(self) -> None:
        dialog = ours()
        dialog.receive_offer(described())
        answer, session = dialog.receive_offer(described(media="audio 0 RTP/AVP 0 8"))

        assert lines_of(answer, "m=") == ["m=audio 0 RTP/AVP 0 8"]
        assert (session.remote_port, session.direction) == (0, Direction.INACTIVE)

    def test_from_no_stream_to_one_is_possible(self) -> None:
        dialog = ours()
        _, before = dialog.receive_offer(described())
        dialog.receive_offer(described(media="audio 0 RTP/AVP 0 8"))

        assert dialog.receive_offer(described())[1] == before

    def test_ends_an_offer_of_ours_that_was_not_answered(self) -> None:
        """Ours was refused with 491, and theirs came through."""
        dialog = ours()
        dialog.make_offer()
        dialog.receive_offer(described(media="audio 4000 RTP/AVP 8"))

        assert dialog.session is not None
        assert dialog.session.codec is Codec.PCMA
        with pytest.raises(Misuse, match="no offer of ours stands"):
            dialog.receive_answer(described())

    def test_keeps_the_places_of_streams_that_were_all_closed(self) -> None:
        dialog = ours()
        dialog.receive_offer(described())
        closing = described(media="video 0 RTP/AVP 31") + b"m=audio 0 RTP/AVP 0\r\n"
        dialog.receive_offer(closing)

        assert lines_of(dialog.make_offer(), "m=") == [
            "m=video 0 RTP/AVP 31",
            "m=audio 30000 RTP/AVP 0 8 101",
        ]

    def test_keeps_the_number_that_keys_have_in_the_dialog(self) -> None:
        dialog = ours()
        dialog.receive_offer(
            described(
                media="audio 4000 RTP/AVP 0 96", telephone_event="rtpmap:96 telephone-event/8000"
            )
        )

        assert lines_of(dialog.make_offer(), "m=") == ["m=audio 30000 RTP/AVP 0 8 96"]


class TestKeys:
    SECURE = "audio 4000 RTP/SAVP 0"

    def crypto(self, sdp: bytes) -> list[str]:
        return lines_of(sdp, "a=crypto")

    def test_of_ours_stay_while_the_suite_does(self) -> None:
        dialog = ours(MediaSecurity.REQUIRED)
        first, _ = dialog.receive_offer(described(CRYPTO_80, media=self.SECURE))
        renewed = CRYPTO_80.replace("AAEC", "ZZZZ")
        again, session = dialog.receive_offer(described(renewed, media=self.SECURE))

        assert self.crypto(first) == self.crypto(again)
        assert session.receives_with is not None
        assert session.receives_with.master[:3] == b"\x65\x96\x59"

    def test_of_ours_change_with_the_suite_and_never_come_back(self) -> None:
        dialog = ours(MediaSecurity.REQUIRED)
        masters = []
        for crypto in (CRYPTO_80, CRYPTO_32, CRYPTO_80):
            _, session = dialog.receive_offer(described(crypto, media=self.SECURE))
            assert session.sends_with is not None
            masters.append(session.sends_with.master)

        assert len(set(masters)) == 3

    def test_of_ours_change_with_the_mki(self) -> None:
        """With another one the counters begin anew, and no key may be used for a counter twice."""
        dialog = ours(MediaSecurity.REQUIRED)
        masters = []
        for crypto in (CRYPTO_80, f"{CRYPTO_80}|1:1", f"{CRYPTO_80}|2:1", CRYPTO_80):
            _, session = dialog.receive_offer(described(crypto, media=self.SECURE))
            assert session.sends_with is not None
            masters.append(session.sends_with.master)

        assert len(set(masters)) == 4

    def test_of_ours_stay_in_an_offer_of_ours(self) -> None:
        dialog = ours(MediaSecurity.OPTIONAL)
        answer, _ = dialog.receive_offer(
            described(f"{CRYPTO_80}|2^31|1:1", media="audio 4000 RTP/SAVPF 0")
        )
        offer = dialog.make_offer()

        assert self.crypto(offer) == self.crypto(answer)
        assert lines_of(offer, "m=") == ["m=audio 30000 RTP/SAVPF 0 8 101"]

    def test_may_end_where_they_are_optional(self) -> None:
        dialog = ours(MediaSecurity.OPTIONAL)
        dialog.receive_offer(described(CRYPTO_80, media=self.SECURE))
        answer, session = dialog.receive_offer(described())

        assert self.crypto(answer) == []
        assert (session.sends_with, session.receives_with) == (None, None)
