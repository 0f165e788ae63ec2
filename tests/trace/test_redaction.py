"""Nothing that opens a door stays in a trace: credentials, keys, PINs, passwords."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umbel.sip.framing import StreamFramer
from umbel.trace.redaction import redact, redact_many

INFO = (
    b"INFO sip:3000@192.0.2.1 SIP/2.0\r\n"
    b"Call-ID: 8@client.example.org\r\n"
    b"Content-Type: %b\r\n"
    b"Content-Length: %d\r\n\r\n%b"
)
INVITE = b"INVITE sip:3000@192.0.2.1 SIP/2.0\r\nCall-ID: 8@client.example.org\r\n%b\r\n\r\n%b"
SDP = (
    b"v=0\r\nm=audio 40000 RTP/SAVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
    b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4"
    b" KDR=24 UNENCRYPTED_SRTCP\r\n"
)


def info(body: bytes, kind: bytes = b"application/dtmf-relay") -> bytes:
    """Write an INFO whose Content-Length is right."""
    return INFO % (kind, len(body), body)


def invite(fields: bytes, body: bytes = b"") -> bytes:
    """Write an INVITE with more header fields."""
    return INVITE % (fields, body)


class TestMessageWithoutSecrets:
    @pytest.mark.parametrize(
        "message",
        [
            invite(b"Content-Type: application/sdp", SDP.partition(b"a=crypto")[0]),
            invite(b"Accept: application/sdp, application/dtmf-relay", b"v=0\r\ns=dtmf"),
            invite(b"Contact: <sip:antonio@192.0.2.1:5060;transport=tcp>"),
            invite(b"Route: <sip:192.0.2.1:5060;lr>, <sip:antonio@192.0.2.9>"),
            invite(b'WWW-Authenticate: Digest realm="umbel", nonce="1876"'),
            b"",
            b"\x16\x03\x01",
        ],
    )
    def test_stays_as_it_is(self, message: bytes) -> None:
        assert redact(message) == message


class TestCredentials:
    @pytest.mark.parametrize(
        "field",
        [
            b'Authorization: Digest username="antonio", response="SECRET"',
            b'authorization : digest username="antonio",\r\n response="SECRET"',
            b'PROXY-AUTHORIZATION:Digest response="SECRET",\r\n\tnonce="SECRET"',
            b"Authorization: NTLM SECRET",
            b"Authorization: SECRET",
            b'Authentication-Info: rspauth="SECRET"',
            b"Refer-To: <sip:2001@example.org?Authorization=Digest%20SECRET&Subject=x>",
        ],
    )
    def test_go_wherever_they_stand(self, field: bytes) -> None:
        redacted = redact(invite(field + b"\r\nSubject: stays"))

        assert b"SECRET" not in redacted
        assert b"redacted" in redacted
        assert b"\r\nSubject: stays\r\n" in redacted

    def test_leave_their_scheme(self) -> None:
        """It tells what a peer attempts, and opens no door."""
        redacted = redact(invite(b'Authorization: Digest username="antonio"'))

        assert b"\r\nAuthorization: Digest redacted\r\n" in redacted

    def test_go_from_a_message_whose_head_does_not_end(self) -> None:
        assert b"SECRET" not in redact(b"INVITE\nAuthorization: Digest SECRET")


class TestPasswordInUri:
    @pytest.mark.parametrize(
        ("uri", "left"),
        [
            (b"<sip:antonio:SECRET@example.org>", b"<sip:antonio:redacted@example.org>"),
            (b"SIPS:antonio:SECRET@example.org", b"SIPS:antonio:redacted@example.org"),
            (
                b"<https://antonio:SECRET@example.org/a>",
                b"<https://antonio:redacted@example.org/a>",
            ),
            (b"sip:a;b=c:SECRET@example.org:5061", b"sip:a;b=c:redacted@example.org:5061"),
            (b"<sip:b@x>, <sip:a:SECRET@y>", b"<sip:b@x>, <sip:a:redacted@y>"),
        ],
    )
    def test_goes_alone(self, uri: bytes, left: bytes) -> None:
        assert b"Contact: " + left in redact(invite(b"Contact: " + uri))

    def test_goes_from_the_start_line(self) -> None:
        assert (
            redact(b"BYE sip:a:SECRET@b SIP/2.0\r\n\r\n") == b"BYE sip:a:redacted@b SIP/2.0\r\n\r\n"
        )

    def test_is_sought_in_linear_time(self) -> None:
        """Whoever sends many schemes and no host does not keep us busy."""
        began = time.process_time()
        redact(invite(b"Contact: " + b"sip:a:" * 50_000 + b"@" + b"sip:a@" * 50_000))

        assert time.process_time() - began < 2


class TestKeysThatWerePressed:
    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            (b"application/dtmf-relay", b"Signal=7\r\nDuration=160\r\n"),
            (b"application/dtmf", b"7"),
            (b"text/plain", b"7"),
        ],
    )
    def test_go_with_the_whole_body_of_an_info(self, kind: bytes, body: bytes) -> None:
        """Whatever it says that its body is: a peer may be mistaken, and the key is a PIN's."""
        redacted = redact(info(body, kind))

        assert redacted == info(b"redacted", kind)

    def test_go_from_a_report_of_keys(self) -> None:
        kpml = invite(b"Content-Type: application/kpml-response+xml", b'<x digits="1876"/>')

        assert b"1876" not in redact(kpml)

    def test_go_from_a_part_of_many(self) -> None:
        parts = b"--x\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=7\r\n--x--\r\n"

        assert b"Signal=7" not in redact(invite(b"Content-Type: multipart/mixed", parts))

    def test_leave_a_length_that_is_right(self) -> None:
        """So the message can be read again by whoever reads a stream."""
        frames = StreamFramer().feed(redact(info(b"Signal=7")) + redact(info(b"Signal=8")))

        assert len(frames) == 2

    def test_leave_a_length_that_is_wrong_as_wrong_as_it_was(self) -> None:
        lying = info(b"Signal=7").replace(b"Length: 8", b"Length: 9")

        assert b"Content-Length: 9\r\n" in redact(lying)


class TestKeysOfSrtp:
    def test_go_and_their_suite_and_parameters_stay(self) -> None:
        redacted = redact(invite(b"Content-Type: application/sdp", SDP))

        assert b"WVNfX19z" not in redacted
        assert (
            b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:redactedredactedredactedredactedredacted|2^20|1:4 KDR=24 UNENCRYPTED_SRTCP"
            in redacted
        )

    @pytest.mark.parametrize(
        "line",
        [
            b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline: WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz",
            b"A=CRYPTO:1 AES_CM_128_HMAC_SHA1_80 INLINE:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz",
            b"k=base64:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz",
            b"a=key-mgmt:mikey WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz",
            b"a=ice-pwd:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz",
        ],
    )
    def test_go_however_they_are_written(self, line: bytes) -> None:
        redacted = redact(invite(b"Content-Type: application/sdp", b"v=0\r\n" + line))

        assert b"WVNfX19z" not in redacted
        assert b"redacted" in redacted


class TestBodyThatCannotBeRead:
    @pytest.mark.parametrize("field", [b"Content-Encoding: gzip", b"e: deflate"])
    def test_goes_whole(self, field: bytes) -> None:
        assert b"SECRET" not in redact(invite(field, b"SECRET"))

    def test_goes_where_a_part_is_encoded(self) -> None:
        part = b"--x\r\nContent-Transfer-Encoding: base64\r\n\r\nSECRET\r\n--x--"

        assert b"SECRET" not in redact(invite(b"Content-Type: multipart/mixed", part))


PIECES = st.sampled_from(
    [
        *(
            b"sip",
            b"sips:",
            b"SIP:",
            b":",
            b"@",
            b"<",
            b">",
            b'"',
            b" ",
            b"\t",
            b"\r\n",
            b"\n",
            b"\x0b",
        ),
        *(b"user", b"secret", b"host:5060", b";tag=1", b"z9hG4bK=", b"Via: ", b"Call-ID: "),
        *(
            b"Authorization: Digest response=1",
            b"k=prompt",
            b"a=crypto:1 X inline:abc",
            b"\r\n\r\n",
        ),
        *(b"INFO ", b"Content-Type: application/dtmf-relay\r\n", b"Content-Encoding: gzip\r\n"),
    ]
)
MESSAGES = st.lists(PIECES, max_size=14).map(b"".join) | st.binary(max_size=40)


class TestManyMessages:
    @given(st.lists(MESSAGES, max_size=6))
    def test_are_each_redacted_as_if_alone(self, messages: list[bytes]) -> None:
        assert redact_many(messages) == [redact(message) for message in messages]

    def test_are_looked_through_in_linear_time(self) -> None:
        began = time.process_time()
        redact_many([b":" * 60_000, b"sip:a:" * 10_000, b"a:" * 30_000 + b"@"] * 10)

        assert time.process_time() - began < 2
