"""What both sides of a handshake offer and choose, from bytes that were made by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umbel.identity.tls_hello import ClientHello, ServerHello, read_client_hello, read_server_hello
from umbel.identity.tls_messages import message_name

RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


def vector(octets: bytes, length_octets: int) -> bytes:
    return len(octets).to_bytes(length_octets) + octets


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + vector(body, 3)


def extension(kind: int, body: bytes) -> bytes:
    return kind.to_bytes(2) + vector(body, 2)


def client_hello(
    *extensions: bytes, version: int = 0x0303, suites: bytes = b"\x13\x01\xc0\x2f"
) -> bytes:
    head = version.to_bytes(2) + bytes(32) + vector(bytes(32), 1)
    body = head + vector(suites, 2) + vector(b"\x00", 1)
    return message(1, body + (vector(b"".join(extensions), 2) if extensions else b""))


def server_hello(*extensions: bytes, random: bytes = bytes(32)) -> bytes:
    body = b"\x03\x03" + random + vector(b"", 1) + b"\x13\x02" + b"\x00"
    return message(2, body + (vector(b"".join(extensions), 2) if extensions else b""))


def server_name(name: bytes, kind: int = 0) -> bytes:
    return extension(0, vector(bytes([kind]) + vector(name, 2), 2))


def versions(*numbers: int) -> bytes:
    return extension(43, vector(b"".join(each.to_bytes(2) for each in numbers), 1))


def offer(hello: bytes) -> ClientHello:
    read = read_client_hello(hello)
    assert read is not None
    return read


class TestOfferOfAClient:
    def test_of_tls_1_3_lists_its_versions(self) -> None:
        """RFC 8446 section 4.2.1: the old field means nothing any more."""
        hello = offer(client_hello(server_name(b"um.example.org"), versions(0x0304, 0x0303)))

        assert hello == ClientHello(
            versions=("TLSv1.3", "TLSv1.2"),
            cipher_suites=("TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
            server_name="um.example.org",
        )

    @pytest.mark.parametrize(
        ("number", "name"), [(0x0303, "TLSv1.2"), (0x0301, "TLSv1"), (0x0300, "SSLv3")]
    )
    def test_of_an_older_version_names_the_highest(self, number: int, name: str) -> None:
        """RFC 5246 section 7.4.1.2; it may have no extensions at all."""
        assert offer(client_hello(version=number)).versions == (name,)

    def test_leaves_out_what_means_nothing(self) -> None:
        """Some clients mix in numbers to keep servers tolerant (RFC 8701)."""
        hello = offer(client_hello(versions(0x2A2A, 0x0304), suites=b"\xda\xda\x13\x03"))

        assert hello.versions == ("TLSv1.3",)
        assert hello.cipher_suites == ("TLS_CHACHA20_POLY1305_SHA256",)

    def test_shows_what_has_no_name_by_its_number(self) -> None:
        """It can be looked up with IANA."""
        hello = offer(client_hello(versions(0x7F1C), suites=b"\xfe\xfe"))

        assert (hello.versions, hello.cipher_suites) == (("0x7F1C",), ("0xFEFE",))


class TestServerName:
    def test_is_unknown_where_none_is_asked_for(self) -> None:
        """A client that was given an IP address sends no name."""
        assert offer(client_hello()).server_name is None

    def test_is_unknown_where_it_is_of_another_kind(self) -> None:
        """RFC 6066 section 3 knows host names only."""
        assert offer(client_hello(server_name(b"um.example.org", kind=9))).server_name is None

    def test_shows_odd_bytes(self) -> None:
        """A name with NUL or beyond ASCII is shown, never cut or guessed."""
        hello = offer(client_hello(server_name(b"um\x00\xe4.example.org")))

        assert hello.server_name == "um\\00\\xe4.example.org"

    @pytest.mark.parametrize("length", [0, 3, 20, 50, 80])
    def test_is_unknown_where_the_message_is_cut(self, length: int) -> None:
        """OpenSSL refuses such a message; the diagnosis must not fail before it."""
        assert read_client_hello(client_hello(server_name(b"um.example.org"))[:length]) is None


class TestChoiceOfAServer:
    @pytest.mark.parametrize(
        ("extensions", "version"),
        [((), "TLSv1.2"), ((extension(43, b"\x03\x04"),), "TLSv1.3")],
    )
    def test_is_one_version_and_one_suite(
        self, extensions: tuple[bytes, ...], version: str
    ) -> None:
        """RFC 8446 section 4.1.3: TLS 1.3 hides in an extension."""
        chosen = ServerHello(version=version, cipher_suite="TLS_AES_256_GCM_SHA384")

        assert read_server_hello(server_hello(*extensions)) == chosen

    def test_may_be_to_ask_again(self) -> None:
        """A HelloRetryRequest looks like a ServerHello (RFC 8446 section 4.1.4)."""
        assert message_name(server_hello(random=RETRY)) == "HelloRetryRequest"
        assert message_name(server_hello()) == "ServerHello"

    @pytest.mark.parametrize("length", [0, 5, 30, 41])
    def test_is_unknown_where_the_message_is_cut(self, length: int) -> None:
        """As with the client's."""
        assert read_server_hello(server_hello()[:length]) is None


class TestAnyBytes:
    @given(st.binary(max_size=200))
    def test_are_read_without_failing(self, octets: bytes) -> None:
        """They come from whoever connects."""
        assert isinstance(read_client_hello(octets), ClientHello | None)
        assert isinstance(read_server_hello(octets), ServerHello | None)
