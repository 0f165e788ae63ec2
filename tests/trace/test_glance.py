"""What a ladder says of a message, also of one that is none."""

from umbel.trace.glance import glance


class TestRequest:
    def test_shows_what_a_person_looks_for(self) -> None:
        looked = glance(
            b"BYE sip:a@b SIP/2.0\r\ni: 8@x\r\nCSEQ:  9  BYE\r\nreason: Q.850\r\n ;cause=16\r\n"
            b"c: application/sdp;x=y\r\n\r\nReason: not in the head"
        )

        assert (looked.title, looked.call_id, looked.cseq) == ("BYE", "8@x", "9 BYE")
        assert looked.reasons == ("Reason: Q.850 ;cause=16",)
        assert looked.content_type == "application/sdp"

    def test_names_the_dialog_that_it_replaces(self) -> None:
        invite = glance(b"INVITE sip:a SIP/2.0\r\nReplaces: 7@y;to-tag=1;from-tag=2\r\n\r\n")
        refer = glance(
            b"REFER sip:a SIP/2.0\r\nRefer-To: <sip:b?Replaces=7%40y%3Bto-tag%3D1>\r\n\r\n"
        )

        assert invite.replaces == ("7@y",)
        assert refer.replaces == ("7@y",)


class TestResponse:
    def test_shows_its_status_and_what_it_answers(self) -> None:
        looked = glance(
            b'SIP/2.0 403 Forbidden\nCSeq: 2 REFER\nWarning: 399 x "no"\n'
            b'Ms-Diagnostics: 1003;reason="gone"\n\n'
        )

        assert (looked.title, looked.method) == ("403 Forbidden", "REFER")
        assert looked.reasons == ('Warning: 399 x "no"', 'ms-diagnostics: 1003;reason="gone"')

    def test_without_a_phrase_shows_its_number(self) -> None:
        assert glance(b"SIP/2.0 200 \r\n\r\n").title == "200"


class TestWhatIsNoMessage:
    def test_is_looked_at_all_the_same(self) -> None:
        for octets in (b"", b"\r\n\r\n", b"\xff\xfe\x00", b"GET / HTTP/1.1\r\nx\r\n", b"SIP/2.0 x"):
            assert glance(octets).call_id == ""
