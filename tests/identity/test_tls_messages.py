"""Evidence from handshake messages, whole and broken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umbel.identity import tls_messages
from umbel.identity.handshake import Alert

LEAF, ISSUER = b"leaf" * 40, b"issuer" * 30


def vector(octets: bytes, length_octets: int) -> bytes:
    return len(octets).to_bytes(length_octets) + octets


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + vector(body, 3)


def certificate_message(*chain: bytes) -> bytes:
    return message(11, vector(b"".join(vector(one, 3) for one in chain), 3))


def certificate_message_1_3(*chain: bytes, context: bytes = b"") -> bytes:
    entries = b"".join(vector(one, 3) + vector(b"\x00\x05\x00\x00", 2) for one in chain)
    return message(11, vector(context, 1) + vector(entries, 3))


class TestCertificates:
    def test_of_tls_1_2_come_leaf_first(self) -> None:
        """RFC 5246 section 7.4.2: nothing but certificates."""
        found = tls_messages.certificates_in(certificate_message(LEAF, ISSUER), is_tls_1_3=False)

        assert found == (LEAF, ISSUER)

    def test_of_tls_1_3_come_without_their_extensions(self) -> None:
        """RFC 8446 section 4.4.2: a context, and extensions after each certificate."""
        found = tls_messages.certificates_in(
            certificate_message_1_3(LEAF, ISSUER, context=b"\x07"), is_tls_1_3=True
        )

        assert found == (LEAF, ISSUER)

    def test_are_none_where_none_was_sent(self) -> None:
        """A client without a certificate sends an empty list."""
        assert tls_messages.certificates_in(certificate_message(), is_tls_1_3=False) == ()

    def test_are_those_that_came_whole(self) -> None:
        """The leaf of a broken chain is evidence still."""
        whole = certificate_message(LEAF, ISSUER)
        broken = whole[:4] + vector(whole[7:-5], 3)

        assert tls_messages.certificates_in(broken, is_tls_1_3=False) == (LEAF,)


class TestAnyBytes:
    @given(st.binary(max_size=200), st.booleans())
    def test_are_read_without_failing(self, octets: bytes, is_tls_1_3: bool) -> None:
        """They come from whoever connects."""
        assert isinstance(tls_messages.certificates_in(octets, is_tls_1_3=is_tls_1_3), tuple)
        assert tls_messages.describe_first_bytes(octets)


class TestMessageName:
    @pytest.mark.parametrize(
        ("octets", "name"),
        [
            (b"\x0b\x00\x00\x00", "Certificate"),
            (b"\x02\x00\x00\x00\x03\x03", "ServerHello"),
            (b"\xaa\x00\x00\x00", "handshake message 170"),
            (b"", "an empty message"),
        ],
    )
    def test_is_the_one_of_the_rfc(self, octets: bytes, name: str) -> None:
        """Or the number, or what else can be said."""
        assert tls_messages.message_name(octets) == name


class TestFirstBytes:
    @pytest.mark.parametrize("first", [b"\x16\x03\x01\x02\x00", b"\x15\x03\x03", b"\x16"])
    def test_of_tls_are_known(self, first: bytes) -> None:
        """A record: its type, then version 3 point something."""
        assert tls_messages.looks_like_tls(first)

    @pytest.mark.parametrize("first", [b"", b"OPTIONS sip:", b"\x16\x02", b"\x80\x2e\x01"])
    def test_of_others_are_not_taken_for_it(self, first: bytes) -> None:
        """SSL 2 is none either."""
        assert not tls_messages.looks_like_tls(first)

    @pytest.mark.parametrize(
        ("first", "said"),
        [
            (b"OPTIONS sip:a SIP/2.0\r\nVia: x", "the peer speaks SIP without TLS"),
            (b"SIP/2.0 200 OK\r\n", "the peer speaks SIP without TLS"),
            (b"INVITE sips:a@b SIP", "the peer speaks SIP without TLS"),
            (b"GET / HTTP/1.1\r\n", "the peer speaks HTTP"),
            (b"HTTP/1.1 400 Bad Request\r\n", "the peer speaks HTTP"),
            (b"\x16\x03\x01\x00\x00", "the peer speaks TLS"),
            (b"SSH-2.0-OpenSSH_9\r\n", "the peer does not speak TLS"),
        ],
    )
    def test_are_put_into_words(self, first: bytes, said: str) -> None:
        """The administrator sees at once which port is mixed up with which."""
        assert tls_messages.describe_first_bytes(first).startswith(f"{said}; its first bytes are ")

    def test_are_quoted_up_to_a_line(self) -> None:
        """Enough to recognise, too little to fill a log."""
        described = tls_messages.describe_first_bytes(b"x" * 1000)

        assert described.endswith(f"'{'x' * 32}'")

    def test_that_hold_a_client_hello_give_it(self) -> None:
        """It tells whom the peer wanted to reach."""
        hello = message(1, b"offers")
        record = b"\x16\x03\x01" + vector(hello, 2)

        assert tls_messages.client_hello_in(record) == hello

    @pytest.mark.parametrize("first", [b"", b"\x16\x03\x01", b"\x15\x03\x01\x00\x02\x02\x28"])
    def test_that_hold_none_give_nothing(self, first: bytes) -> None:
        """An alert is no ClientHello."""
        assert tls_messages.client_hello_in(first) is None

    def test_that_hold_an_alert_give_it(self) -> None:
        """So a TLS server answers who speaks something else to it."""
        alert = tls_messages.alert_in(b"\x15\x03\x01\x00\x02\x02\x46")

        assert alert == Alert(sent_by_us=False, description="protocol_version", is_fatal=True)

    @pytest.mark.parametrize("first", [b"", b"\x15\x03\x01", b"\x16\x03\x01\x00\x02\x02\x28"])
    def test_that_hold_no_alert_give_none(self, first: bytes) -> None:
        """Other records may look alike."""
        assert tls_messages.alert_in(first) is None
