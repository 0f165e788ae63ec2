import pytest
from tests.support.sdp import described, lines_of, ours

from umbel.core.errors import Misuse
from umbel.media.offer_answer import NotAcceptable
from umbel.media.sdp_line import MalformedSdp
from umbel.media.session import Codec, Direction, MediaSession


class TestAnOfferOfOurs:
    def test_is_exactly_this(self) -> None:
        assert ours().make_offer().decode().split("\r\n") == [
            "v=0",
            "o=- 42 1 IN IP4 198.51.100.7",
            "s=umbel",
            "c=IN IP4 198.51.100.7",
            "t=0 0",
            "m=audio 30000 RTP/AVP 0 8 101",
            "a=rtpmap:0 PCMU/8000",
            "a=rtpmap:8 PCMA/8000",
            "a=rtpmap:101 telephone-event/8000",
            "a=fmtp:101 0-15",
            "a=ptime:20",
            "a=sendrecv",
            "",
        ]

    def test_has_our_codecs_by_our_preference(self) -> None:
        offer = ours(codecs=(Codec.PCMA, Codec.PCMU)).make_offer()

        assert lines_of(offer, "m=") == ["m=audio 30000 RTP/AVP 8 0 101"]

    def test_may_be_at_an_ipv6_address(self) -> None:
        assert lines_of(ours(address="2001:db8::7").make_offer(), "c=") == ["c=IN IP6 2001:db8::7"]

    def test_is_answered_by_one_of_us(self) -> None:
        caller, called = ours(), ours(address="192.0.2.9")
        answer, _ = called.receive_offer(caller.make_offer())

        assert caller.receive_answer(answer) == MediaSession(
            remote_address="192.0.2.9",
            remote_port=30000,
            remote_rtcp_port=30001,
            codec=Codec.PCMU,
            payload_type=0,
            telephone_event=101,
        )


class TestAnAnswerOfOurs:
    def test_is_exactly_this(self) -> None:
        answer, _ = ours().receive_offer(described())

        assert answer.decode().split("\r\n") == [
            "v=0",
            "o=- 42 1 IN IP4 198.51.100.7",
            "s=umbel",
            "c=IN IP4 198.51.100.7",
            "t=0 0",
            "m=audio 30000 RTP/AVP 0 101",
            "a=rtpmap:0 PCMU/8000",
            "a=rtpmap:101 telephone-event/8000",
            "a=fmtp:101 0-15",
            "a=ptime:20",
            "a=sendrecv",
            "",
        ]

    def test_takes_the_peers_favourite_of_our_codecs(self) -> None:
        _, session = ours().receive_offer(described(media="audio 4000 RTP/AVP 18 8 0"))

        assert (session.codec, session.payload_type) == (Codec.PCMA, 8)

    def test_repeats_the_peers_numbers(self) -> None:
        answer, session = ours().receive_offer(
            described(
                "rtpmap:98 pcma/8000",
                "rtpmap:99 telephone-event/8000",
                "rtpmap:97 CN/8000",
                media="audio 4000 RTP/AVP 96 99 97 98",
                telephone_event="rtpmap:96 telephone-event/48000",
            )
        )

        assert lines_of(answer, "m=") == ["m=audio 30000 RTP/AVP 98 97 99"]
        assert (session.payload_type, session.telephone_event, session.comfort_noise) == (
            98,
            99,
            97,
        )

    @pytest.mark.parametrize(
        ("lines", "may_pause"),
        [
            ((), True),
            (("silenceSupp:on - - - -",), True),
            (("silenceSupp:off - - - -",), False),
            (("silenceSupp:off",), False),
            (("silenceSupp:",), True),
        ],
    )
    def test_notes_whether_silence_must_be_sent(
        self, lines: tuple[str, ...], *, may_pause: bool
    ) -> None:
        _, session = ours().receive_offer(described(*lines))

        assert session.silence_suppression is may_pause

    def test_goes_without_keys_where_none_are_offered(self) -> None:
        answer, session = ours().receive_offer(described(media="audio 4000 RTP/AVP 0"))

        assert lines_of(answer, "m=") == ["m=audio 30000 RTP/AVP 0"]
        assert session.telephone_event is None

    def test_repeats_the_profile_and_the_time(self) -> None:
        offer = described(media="audio 4000 RTP/AVPF 0").replace(b"t=0 0", b"t=3034423619 0")
        answer, _ = ours().receive_offer(offer)

        assert lines_of(answer, "m=") == ["m=audio 30000 RTP/AVPF 0"]
        assert lines_of(answer, "t=") == ["t=3034423619 0"]

    @pytest.mark.parametrize("time", [b"t=0\x00 0", b"x=-"])
    def test_has_a_time_where_the_offers_makes_no_sense(self, time: bytes) -> None:
        answer, _ = ours().receive_offer(described().replace(b"t=0 0", time))

        assert lines_of(answer, "t=") == ["t=0 0"]

    @pytest.mark.parametrize(
        ("attributes", "ptime"),
        [
            ((), 20),
            (("ptime:20",), 20),
            (("ptime:10",), 20),
            (("ptime:30",), 20),
            (("ptime:40",), 40),
            (("ptime:200",), 60),
            (("ptime:60", "maxptime:40"), 40),
            (("maxptime:200",), 20),
            (("ptime:20", "maxptime:10"), 20),
        ],
    )
    def test_sends_packets_of_whole_ticks(self, attributes: tuple[str, ...], ptime: int) -> None:
        _, session = ours().receive_offer(described(*attributes))

        assert session.ptime == ptime

    def test_sends_rtcp_where_the_peer_wants_it(self) -> None:
        _, session = ours().receive_offer(described("rtcp:5555"))

        assert (session.remote_port, session.remote_rtcp_port) == (4000, 5555)

    def test_leaves_multiplexing_and_ice_alone(self) -> None:
        answer, session = ours().receive_offer(
            described("rtcp-mux", "ice-ufrag:x", "candidate:1 1 UDP 1 192.0.2.1 4000 typ host")
        )

        assert session.remote_rtcp_port == 4001
        assert not lines_of(answer, "a=rtcp") + lines_of(answer, "a=ice")

    def test_may_be_to_an_ipv6_address(self) -> None:
        offer = described(address="IP6 2001:DB8:0::1")
        _, session = ours(address="2001:db8::7").receive_offer(offer)

        assert session.remote_address == "2001:db8::1"


class TestSeveralStreams:
    OFFER = (
        described(media="video 4002 RTP/AVP 31", telephone_event="mid:0")
        + b"m=audio 4004 RTP/AVP 18\r\nm=audio 0 RTP/AVP 0\r\n"
        + b"m=audio 4006 RTP/AVP 8\r\nm=audio 4008 RTP/AVP 0\r\nm=application 9 TCP/BFCP *\r\n"
    )

    def test_the_first_audio_that_we_can_take_is_taken(self) -> None:
        answer, session = ours().receive_offer(self.OFFER)

        assert session.remote_port == 4006
        assert lines_of(answer, "m=") == [
            "m=video 0 RTP/AVP 31",
            "m=audio 0 RTP/AVP 18",
            "m=audio 0 RTP/AVP 0",
            "m=audio 30000 RTP/AVP 8",
            "m=audio 0 RTP/AVP 0",
            "m=application 0 TCP/BFCP *",
        ]

    def test_an_offer_of_ours_keeps_their_places(self) -> None:
        dialog = ours()
        dialog.receive_offer(self.OFFER)
        offer = dialog.make_offer()

        assert [line.split()[1] for line in lines_of(offer, "m=")] == [
            "0",
            "0",
            "0",
            "30000",
            "0",
            "0",
        ]
        assert lines_of(offer, "m=audio 30000") == ["m=audio 30000 RTP/AVP 0 8 101"]

    def test_the_answer_to_it_is_read_at_our_place(self) -> None:
        dialog, peer = ours(), ours(address="192.0.2.9")
        dialog.receive_offer(self.OFFER)
        answer, _ = peer.receive_offer(dialog.make_offer())

        assert dialog.receive_answer(answer).remote_address == "192.0.2.9"


class TestWhatCannotBeTaken:
    @pytest.mark.parametrize(
        ("offer", "says"),
        [
            (
                described(media="audio 4000 RTP/AVP 18 9"),
                "G729, G722 over RTP/AVP: it has no codec",
            ),
            (described(media="audio 4000 RTP/AVP 0x8"), "audio 0x8 over RTP/AVP: it has no codec"),
            (
                described("rtpmap:200 PCMU/8000", media="audio 4000 RTP/AVP 200"),
                "it has no codec of ours",
            ),
            (described(media="video 4000 RTP/AVP 31"), "video 31 over RTP/AVP: it is no audio"),
            (described(media="audio 0 RTP/AVP 0"), "audio PCMU over RTP/AVP: its port is 0"),
            (described(media="audio 9 UDP/TLS/RTP/SAVPF 0"), "UDP/TLS/RTP/SAVPF is not supported"),
            (described(address="IP4 example.com"), "'example.com', no numeric address"),
            (described(address="IP4 224.0.1.1/127"), "224.0.1.1 is multicast"),
            (described(address="IP6 2001:db8::1"), "is IP6, and our media are on IP4"),
            (described().replace(b"c=", b"x="), "no c= line says where it is"),
            (described().partition(b"m=")[0], "offered no media; this call takes"),
        ],
    )
    def test_is_told_with_what_was_offered_and_what_we_can(self, offer: bytes, says: str) -> None:
        with pytest.raises(NotAcceptable, match=says) as told:
            ours().receive_offer(offer)

        assert str(told.value).endswith("this call takes PCMU or PCMA, unencrypted (RTP/AVP)")
        assert told.value.status == 488

    def test_can_always_be_written_into_an_answer(self) -> None:
        """The text becomes a Reason header: what is no text in the offer must not get there."""
        offer = described(address="IP4 h\xff").replace("h\xff".encode(), b"h\xff")
        with pytest.raises(NotAcceptable) as told:
            ours().receive_offer(offer)

        assert str(told.value).isascii()

    def test_a_malformed_offer_is_told_with_its_line(self) -> None:
        with pytest.raises(MalformedSdp, match="line 8: found 'PCMU', expected encoding"):
            ours().receive_offer(described("rtpmap:0 PCMU"))


class TestAnAnswerOfThePeer:
    def test_is_needed_only_for_an_offer_of_ours(self) -> None:
        with pytest.raises(Misuse, match="no offer of ours stands"):
            ours().receive_answer(described())

    def test_may_come_again_and_differ(self) -> None:
        """In 183 and then 200, which may be of another branch."""
        dialog = ours()
        dialog.make_offer()
        early = dialog.receive_answer(described())
        final = dialog.receive_answer(described(media="audio 4444 RTP/AVP 8"))

        assert (early.remote_port, early.codec) == (4000, Codec.PCMU)
        assert (final.remote_port, final.codec) == (4444, Codec.PCMA)
        assert dialog.session == final

    def test_may_refuse_the_stream(self) -> None:
        dialog = ours()
        dialog.make_offer()
        session = dialog.receive_answer(described(media="audio 0 RTP/AVP 0"))

        assert (session.remote_port, session.remote_rtcp_port) == (0, 0)
        assert session.direction is Direction.INACTIVE

    def test_must_have_as_many_streams(self) -> None:
        dialog = ours()
        dialog.make_offer()

        with pytest.raises(MalformedSdp, match="found 0 streams, expected 1"):
            dialog.receive_answer(described().partition(b"m=")[0])

    def test_must_be_about_audio(self) -> None:
        dialog = ours()
        dialog.make_offer()

        with pytest.raises(MalformedSdp, match="line 6: found 'video', expected the audio"):
            dialog.receive_answer(described(media="video 4000 RTP/AVP 31"))

    def test_with_what_we_did_not_offer_is_not_taken(self) -> None:
        dialog = ours()
        dialog.make_offer()

        with pytest.raises(NotAcceptable, match=r"answered G729 .* we had offered PCMU or PCMA"):
            dialog.receive_answer(described(media="audio 4000 RTP/AVP 18"))
        assert dialog.session is None

    def test_turns_the_direction_round(self) -> None:
        dialog = ours()
        dialog.make_offer()

        assert dialog.receive_answer(described("recvonly")).direction is Direction.SENDONLY
