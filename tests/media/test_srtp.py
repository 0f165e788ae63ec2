"""SRTP of many streams at once: the vectors of RFC 3711, and libsrtp packet by packet."""

import hmac

import numpy as np
import pylibsrtp
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable

from umbel.media.rtp import Packet
from umbel.media.session import SrtpKey, SrtpSuite
from umbel.media.srtp import Protectors, Unprotectors
from umbel.media.srtp_keys import Encrypts, NotAuthentic, rtp_keys
from umbel.media.srtp_keystreams import Octets

SUITES = {
    SrtpSuite.AES_CM_128_HMAC_SHA1_80: pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    SrtpSuite.AES_CM_128_HMAC_SHA1_32: pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
}
ROWS = 4
BOTH = pytest.mark.parametrize("suite", SrtpSuite)
MKIS = pytest.mark.parametrize("mki", [b"", b"\x01", b"\0\0\0\x07"])


def key_of(row: int, suite: SrtpSuite = SrtpSuite.AES_CM_128_HMAC_SHA1_80) -> SrtpKey:
    return SrtpKey(suite=suite, master=bytes((row * 31 + n) % 256 for n in range(30)))


def other_end(key: SrtpKey, direction: int) -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(key=key.master, ssrc_type=direction, srtp_profile=SUITES[key.suite])
    return pylibsrtp.Session(policy)


def packet(row: int, number: int, payload: bytes) -> bytes:
    return bytes(
        Packet(
            payload_type=0,
            sequence_number=number % 65536,
            timestamp=number * 160 % (1 << 32),
            ssrc=1000 + row,
            payload=payload,
        )
    )


def octets(packets: list[bytes]) -> Octets:
    return np.array([list(each) for each in packets], np.uint8)


class Sender:
    """Protectors whose rows have begun."""

    def __init__(self, keys: list[SrtpKey]) -> None:
        self._protectors = Protectors(len(keys))
        self._into = np.zeros((len(keys), 1024), np.uint8)
        for row, key in enumerate(keys):
            self._protectors.begin(row, key, 1000 + row)

    def seal(self, packets: dict[int, bytes]) -> dict[int, bytes]:
        """Give the SRTP packets of the rows' RTP packets."""
        rows, whole = np.array(list(packets), np.intp), octets(list(packets.values()))
        lengths = self._protectors.seal(rows, whole[:, :12], whole[:, 12:], self._into)
        sizes = zip(rows.tolist(), lengths.tolist(), strict=True)
        return {row: self._into[row, :size].tobytes() for row, size in sizes}


class Receiver:
    """Unprotectors that take a stream's first packet alone, and the others many at once."""

    def __init__(self, keys: list[SrtpKey]) -> None:
        self.unprotectors = Unprotectors(len(keys))
        for row, key in enumerate(keys):
            self.unprotectors.begin(row, key)

    def open(self, packets: dict[int, bytes]) -> dict[int, bytes]:
        """Give those that are good."""
        opened = {}
        known = {
            row: one
            for row, one in packets.items()
            if self.unprotectors.hears(row, int.from_bytes(one[8:12]))
        }
        for row in packets.keys() - known.keys():
            try:
                opened[row] = self.unprotectors.open_one(row, packets[row], 12)
            except NotAuthentic:
                continue
        return opened | (self._open_many(known) if known else {})

    def _open_many(self, packets: dict[int, bytes]) -> dict[int, bytes]:
        rows, whole = np.array(list(packets), np.intp), octets(list(packets.values()))
        is_good, indexes = self.unprotectors.check(rows, whole)
        end = whole.shape[1] - int(self.unprotectors.overhead[rows[0]])
        payloads = self.unprotectors.decrypt(
            rows[is_good], indexes[is_good], whole[is_good, 12:end]
        )
        heads = whole[is_good, :12]
        pairs = zip(rows[is_good].tolist(), heads, payloads, strict=True)
        return {row: head.tobytes() + payload.tobytes() for row, head, payload in pairs}


class TestTheVectorsOfRfc3711:
    """Appendix B."""

    def test_of_key_derivation(self) -> None:
        master = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6")
        keys = rtp_keys(SrtpKey(suite=SrtpSuite.AES_CM_128_HMAC_SHA1_80, master=master))
        encrypts = bytes.fromhex("C61E7A93744F39EE10734AFE3FF7A087")
        authenticates = bytes.fromhex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4")

        assert keys.salt >> 16 == 0x30CBBC08863D8C85D49DB34A9AE1
        assert keys.cipher.update(bytes(16)) == aes(encrypts).update(bytes(16))
        assert keys.tag(b"anything") == hmac.digest(authenticates, b"anything", "sha1")

    def test_of_counter_mode(self) -> None:
        """Section B.2: with SSRC and index 0 only the salt is in the counter."""
        keys = rtp_keys(key_of(0))
        known = type(keys)(
            cipher=aes(bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C")),
            salt=0xF0F1F2F3F4F5F6F7F8F9FAFBFCFD0000,
            authentication=keys.authentication,
            begin_inner=keys.begin_inner,
            begin_outer=keys.begin_outer,
        )
        keystream = known.keystream(0, 0, 0xFF02 * 16)

        assert keystream[:32].hex() == (
            "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab"
        )
        assert keystream[-48:].hex() == (
            "ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae"
            "6a2cc3787889374fbeb4c81b17ba6c44"
        )


class TestWhatWeSend:
    @BOTH
    def test_is_what_libsrtp_would_send(self, suite: SrtpSuite) -> None:
        """Over the wrap of sequence numbers, with packets of all lengths."""
        keys = [key_of(row, suite) for row in range(ROWS)]
        ends = [other_end(key, pylibsrtp.Policy.SSRC_ANY_OUTBOUND) for key in keys]
        sender = Sender(keys)
        for number in range(65_300, 65_900):
            size = (160, 4, 240, 1, 161)[number % 5]
            plain = {row: packet(row, number, bytes([number % 256]) * size) for row in range(ROWS)}
            expected = {row: ends[row].protect(one) for row, one in plain.items()}

            assert sender.seal(plain) == expected


class TestWhatWeHear:
    @BOTH
    def test_is_what_libsrtp_sent(self, suite: SrtpSuite) -> None:
        keys = [key_of(row, suite) for row in range(ROWS)]
        ends = [other_end(key, pylibsrtp.Policy.SSRC_ANY_OUTBOUND) for key in keys]
        receiver = Receiver(keys)
        for number in range(65_300, 65_900):
            size = (160, 4, 240, 1, 161)[number % 5]
            plain = {row: packet(row, number, bytes([number % 256]) * size) for row in range(ROWS)}
            sealed = {row: ends[row].protect(one) for row, one in plain.items()}

            assert receiver.open(sealed) == plain

    @MKIS
    def test_names_the_master_key(self, mki: bytes) -> None:
        named = SrtpKey(suite=SrtpSuite.AES_CM_128_HMAC_SHA1_80, master=bytes(30), mki=mki)
        plain = packet(0, 7, b"audio")
        for number in range(7, 12):
            (sealed,) = Sender([named]).seal({0: packet(0, number, b"audio")}).values()
            assert sealed[-10 - len(mki) : -10] == mki
        receiver, other = Receiver([named]), bytes(len(mki) - 1) + b"\xaa" if mki else b"\xaa"
        (sealed,) = Sender([named]).seal({0: plain}).values()
        wrong = sealed[: -10 - len(mki)] + other + sealed[-10:]

        assert receiver.open({0: wrong}) == {}
        assert receiver.open({0: sealed}) == {0: plain}

    def test_never_again(self) -> None:
        """Neither many at once nor one by one, in whatever order (section 3.3.2)."""
        sender, receiver = Sender([key_of(0)]), Receiver([key_of(0)])
        sealed = [sender.seal({0: packet(0, number, b"x")})[0] for number in range(200)]
        for number in [*range(0, 100, 2), *range(61, 100, 2), *range(100, 200)]:
            assert receiver.open({0: sealed[number]})

        for one in sealed:
            assert receiver.open({0: one}) == {}
            with pytest.raises(NotAuthentic):
                receiver.unprotectors.open_one(0, one, 12)

    @BOTH
    def test_of_a_stream_that_is_heard_when_it_is_under_way(self, suite: SrtpSuite) -> None:
        """Its sequence numbers have wrapped before, as those of a caller whose engine was lost."""
        key = key_of(0, suite)
        end = other_end(key, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        sealed = [end.protect(packet(0, number, b"x" * 160)) for number in range(0, 140_000, 7)]
        receiver = Receiver([key])

        for number, one in list(zip(range(0, 140_000, 7), sealed, strict=True))[-3000:]:
            assert receiver.open({0: one}) == {0: packet(0, number, b"x" * 160)}
        assert receiver.open({0: sealed[-3000]}) == {}

    def test_of_two_streams_of_one_key_by_turns(self) -> None:
        """Each has its own count, and what it had is not taken again after the other was heard."""
        end = other_end(key_of(0), pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        receiver, sent = Receiver([key_of(0)]), []
        for number in range(65_530, 65_545):
            for row in (0, 1):
                plain = packet(row, number, bytes([row]) * 160)
                sent.append(end.protect(plain))
                assert receiver.open({0: sent[-1]}) == {0: plain}

        assert [receiver.open({0: one}) for one in sent] == [{}] * len(sent)

    @repeatable
    @given(
        st.lists(
            st.tuples(
                st.sampled_from([0, 1, 2, 3, 1000]),
                st.sampled_from(["whole", "torn", "again", "long"]),
            ),
            max_size=20,
        )
    )
    def test_agrees_with_libsrtp_on_every_packet(self, history: list[tuple[int, str]]) -> None:
        """Steps ahead and back, forgeries, repetitions: what libsrtp takes we take, and no more.

        Its window is twice as long as ours: no step leads between the two.
        """
        key, number = key_of(0), 65_400
        kept: list[bytes] = []
        sends = other_end(key, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        hears = other_end(key, pylibsrtp.Policy.SSRC_ANY_INBOUND)
        receiver = Receiver([key])
        for step, deed in [(1, "whole"), *history]:
            number += step
            plain = packet(0, number, bytes(200 if deed == "long" else 160))
            sealed = sends.protect(plain) if step else (kept[-1] if kept else b"\x80" + bytes(40))
            if deed == "torn":
                sealed = sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:]
            kept.append(sealed)
            arriving = kept[len(kept) // 2] if deed == "again" else sealed
            try:
                expected = {0: hears.unprotect(arriving)}
            except pylibsrtp.Error:
                expected = {}

            assert receiver.open({0: arriving}) == expected


class TestAPacketThatIsNone:
    @pytest.mark.parametrize("size", [12, 16, 21])
    def test_is_too_short_to_be_authentic(self, size: int) -> None:
        with pytest.raises(NotAuthentic):
            Receiver([key_of(0)]).unprotectors.open_one(0, b"\x80" + bytes(size - 1), 12)

    def test_is_not_authentic_however_long(self) -> None:
        with pytest.raises(NotAuthentic):
            Receiver([key_of(0)]).unprotectors.open_one(0, b"\x80" + bytes(3000), 12)

    def test_begins_no_more_streams_than_there_is_room_for(self) -> None:
        end = other_end(key_of(0), pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        receiver = Receiver([key_of(0)])
        heard = [receiver.open({0: end.protect(packet(n, 5, b"x"))}) != {} for n in range(100)]

        assert heard == [True] * 65 + [False] * 35


class TestARowThatEnded:
    def test_knows_no_key_any_more(self) -> None:
        receiver = Receiver([key_of(0)])
        receiver.unprotectors.end(0)

        assert not receiver.unprotectors.overhead.any()
        assert not receiver.unprotectors.hears(0, 1000)


def aes(key: bytes) -> Encrypts:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor()
