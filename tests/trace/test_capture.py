"""The file for Wireshark, block by block; tests/peers shows it to tshark."""

from collections.abc import Iterator
from dataclasses import replace
from struct import unpack_from

from tests.support.traces import (
    AT,
    END,
    HANDSHAKE,
    NAMED,
    OVER_TLS,
    RECEIVED,
    TRYING,
    UNDELIVERED,
    kept,
)

from umbel.trace.capture import Capture
from umbel.trace.entry import Entry, Secrets

SECRETS = Secrets(at=AT, connection="connection-2", lines="CLIENT_RANDOM 00 11\n")
SECTION, INTERFACE, PACKET, DECRYPTION = 0x0A0D0D0A, 1, 6, 10


def blocks(*entries: Entry, with_secrets: bool = False) -> list[tuple[int, bytes]]:
    """Write a file and read its blocks."""
    capture = Capture("Umbel", with_secrets=with_secrets)
    octets = capture.begin() + b"".join(capture.take(list(map(kept, entries))))
    return list(_blocks(octets))


def _blocks(octets: bytes) -> Iterator[tuple[int, bytes]]:
    while octets:
        kind, length = unpack_from("<II", octets)
        assert length % 4 == 0
        assert unpack_from("<I", octets, length - 4) == (length,)
        yield kind, octets[8 : length - 4]
        octets = octets[length:]


def packets(*entries: Entry) -> list[bytes]:
    return [body for kind, body in blocks(*entries) if kind == PACKET]


def moment(packet: bytes) -> int:
    _, high, low = unpack_from("<III", packet)
    return int(high << 32 | low)


class TestFile:
    def test_begins_with_its_section_and_an_interface_for_each_node(self) -> None:
        assert [kind for kind, _ in blocks(RECEIVED, NAMED, TRYING)] == [
            SECTION,
            INTERFACE,
            PACKET,
            PACKET,
        ]

    def test_has_the_messages_as_they_were_at_their_time(self) -> None:
        (packet,) = packets(RECEIVED)

        assert RECEIVED.octets in packet
        assert moment(packet) == AT.timestamp() * 1_000_000
        assert b"sip\0" in packet
        assert bytes((192, 0, 2, 10)) in packet

    def test_knows_ipv6(self) -> None:
        (packet,) = packets(
            replace(RECEIVED, local=("2001:db8::1", 5060), remote=("2001:db8::2", 5060))
        )
        ours, theirs = (bytes.fromhex("20010db8" + "0" * 23 + digit) for digit in "12")

        assert packet.index(theirs) < packet.index(ours)

    def test_says_what_tls_was(self) -> None:
        handshake, message, end = packets(HANDSHAKE, OVER_TLS, END)

        assert b"TLS handshake" in handshake
        assert b"connection-2: TLSv1.3, TLS_AES_256_GCM_SHA384" in message
        assert b"TLS connection ended: idle for 600 s" in end

    def test_says_where_it_does_not_know_what_tls_was(self) -> None:
        (message,) = packets(OVER_TLS)

        assert b"handshake not in this trace" in message

    def test_has_what_did_not_arrive_as_a_remark(self) -> None:
        """It is no message on the wire, and must not be counted as one."""
        (remark,) = packets(UNDELIVERED)

        assert b"not delivered: TLS to" in remark
        assert b"data-text-lines" in remark
        assert b"sip\0" not in remark

    def test_says_what_is_wrong_with_a_message(self) -> None:
        (packet,) = packets(replace(RECEIVED, problem="no Content-Length"))

        assert b"cannot be read: no Content-Length" in packet


class TestSecrets:
    def test_are_left_out(self) -> None:
        assert DECRYPTION not in dict(blocks(SECRETS, OVER_TLS))

    def test_stand_before_everything_where_they_are_wanted(self) -> None:
        """``mergecap`` takes them over only from there."""
        found = blocks(OVER_TLS, SECRETS, with_secrets=True)

        assert [kind for kind, _ in found] == [SECTION, DECRYPTION, INTERFACE, PACKET]
        assert b"CLIENT_RANDOM 00 11\n" in found[1][1]
