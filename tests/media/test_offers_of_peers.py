"""Whole offers in the shape in which other products make them."""

import pytest
from tests.support.sdp import OFFERS, lines_of, ours

from umbel.media.offer_answer import MediaSecurity, NotAcceptable
from umbel.media.session import Codec, SrtpSuite


def offer(name: str) -> bytes:
    return (OFFERS / f"{name}.sdp").read_bytes()


class TestLync:
    def test_mediation_server_gets_an_answer_with_its_mki(self) -> None:
        answer, session = ours(MediaSecurity.REQUIRED).receive_offer(offer("lync_mediation"))

        assert lines_of(answer, "m=") == ["m=audio 30000 RTP/SAVP 0 13 101"]
        assert lines_of(answer, "a=crypto")[0].startswith("a=crypto:2 AES_CM_128_HMAC_SHA1_80 ")
        assert lines_of(answer, "a=crypto")[0].endswith("|2^31|1:1")
        assert (session.remote_address, session.remote_port) == ("10.20.0.11", 51234)
        assert (session.telephone_event, session.comfort_noise) == (101, 13)
        assert session.receives_with is not None
        assert session.receives_with.mki == b"\1"

    def test_client_that_leaves_it_open_gets_encryption_under_its_own_profile(self) -> None:
        answer, session = ours(MediaSecurity.OPTIONAL).receive_offer(offer("lync_client_optional"))

        assert lines_of(answer, "m=") == ["m=audio 30000 RTP/AVP 0 13 101", "m=video 0 RTP/AVP 34"]
        assert len(lines_of(answer, "a=crypto")) == 1
        assert session.codec is Codec.PCMU
        assert session.remote_rtcp_port == 26443

    def test_that_requires_encryption_is_told_that_this_call_has_none(self) -> None:
        with pytest.raises(NotAcceptable) as told:
            ours(MediaSecurity.NONE).receive_offer(offer("lync_mediation"))

        assert str(told.value) == (
            "offered audio RED, telephone-event, CN, PCMU, PCMA over RTP/SAVP with "
            "AES_CM_128_HMAC_SHA1_80: it is encrypted; "
            "this call takes PCMU or PCMA, unencrypted (RTP/AVP)"
        )


class TestPhones:
    def test_baresip_is_answered_with_its_favourite(self) -> None:
        _, session = ours(MediaSecurity.REQUIRED).receive_offer(offer("baresip_srtp"))

        assert (session.codec, session.ptime) == (Codec.PCMA, 20)
        assert session.sends_with is not None

    def test_of_wide_band_get_their_favourite_where_there_is_room(self) -> None:
        wide, narrow = ours(codecs=tuple(Codec)), ours()
        _, best = wide.receive_offer(offer("wideband_phone"))
        _, plain = narrow.receive_offer(offer("wideband_phone"))

        assert (best.codec, best.payload_type, best.telephone_event) == (Codec.OPUS, 107, 102)
        assert (plain.codec, plain.payload_type, plain.telephone_event) == (Codec.PCMA, 8, 101)

    def test_linphone_keeps_its_video_refused_in_front(self) -> None:
        answer, session = ours(MediaSecurity.OPTIONAL).receive_offer(offer("linphone_video"))

        assert lines_of(answer, "m=") == [
            "m=video 0 RTP/SAVPF 96",
            "m=audio 30000 RTP/SAVPF 0 101",
            "m=audio 0 RTP/AVP 0",
        ]
        assert session.receives_with is not None
        assert session.receives_with.suite is SrtpSuite.AES_CM_128_HMAC_SHA1_32

    def test_linphone_may_fall_back_to_its_second_audio(self) -> None:
        _, session = ours(MediaSecurity.NONE).receive_offer(offer("linphone_video"))

        assert session.remote_port == 7080

    def test_browser_is_told_that_dtls_is_not_supported(self) -> None:
        with pytest.raises(NotAcceptable, match="UDP/TLS/RTP/SAVPF is not supported"):
            ours(MediaSecurity.OPTIONAL).receive_offer(offer("browser_dtls"))


class TestServers:
    def test_sipp_gets_plain_audio_without_keys(self) -> None:
        answer, session = ours().receive_offer(offer("sipp_plain"))

        assert lines_of(answer, "m=") == ["m=audio 30000 RTP/AVP 0"]
        assert session.telephone_event is None

    def test_asterisk_keeps_its_numbers_over_ipv6(self) -> None:
        answer, session = ours(address="2001:db8::7").receive_offer(offer("asterisk"))

        assert lines_of(answer, "m=") == ["m=audio 30000 RTP/AVP 8 96"]
        assert (session.remote_address, session.ptime) == ("2001:db8::5", 20)

    def test_session_border_controller_is_told_of_the_suite_that_we_lack(self) -> None:
        with pytest.raises(NotAcceptable) as told:
            ours(MediaSecurity.REQUIRED).receive_offer(offer("sbc_srtp_256"))

        assert "with AES_256_CM_HMAC_SHA1_80" in str(told.value)
        assert "suite 'AES_256_CM_HMAC_SHA1_80' is not known" in str(told.value)
