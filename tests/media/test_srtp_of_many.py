"""SRTP of many streams in one batch, over bad networks, packet by packet as libsrtp takes them."""

from collections import defaultdict
from random import Random

import numpy as np
import pylibsrtp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable

from umbel.media.rtp import Packet, extended
from umbel.media.session import SrtpKey, SrtpSuite
from umbel.media.srtcp import SrtcpProtector, SrtcpUnprotector
from umbel.media.srtp import Protectors, Unprotectors
from umbel.media.srtp_keys import NotAuthentic, rtp_keys
from umbel.media.srtp_keystreams import AHEAD, WIDTH, Keystreams

PROFILES = {
    SrtpSuite.AES_CM_128_HMAC_SHA1_80: pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    SrtpSuite.AES_CM_128_HMAC_SHA1_32: pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
}
BOTH = pytest.mark.parametrize("suite", SrtpSuite)
WINDOW = 64
DICE = st.integers(0, 1 << 32).map(Random)


def key_of(row: int, suite: SrtpSuite, salt: int = 0) -> SrtpKey:
    return SrtpKey(suite=suite, master=bytes((row * 37 + n * 3 + salt) % 256 for n in range(30)))


def end(key: SrtpKey, direction: int) -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(key=key.master, ssrc_type=direction, srtp_profile=PROFILES[key.suite])
    return pylibsrtp.Session(policy)


def sends(key: SrtpKey) -> pylibsrtp.Session:
    return end(key, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)


def hears(key: SrtpKey) -> pylibsrtp.Session:
    return end(key, pylibsrtp.Policy.SSRC_ANY_INBOUND)


def taken(session: pylibsrtp.Session, packet: bytes) -> bytes | None:
    try:
        return bytes(session.unprotect(packet))
    except pylibsrtp.Error:
        return None


def packet(ssrc: int, number: int, payload: bytes) -> bytes:
    return bytes(
        Packet(
            payload_type=0,
            sequence_number=number % 65536,
            timestamp=number * 160 % (1 << 32),
            ssrc=ssrc,
            payload=payload,
        )
    )


class Ears:
    """Unprotectors as the engine uses them: first packets alone, all others in batches."""

    def __init__(self, keys: list[SrtpKey]) -> None:
        self.unprotectors = Unprotectors(len(keys))
        for row, key in enumerate(keys):
            self.unprotectors.begin(row, key)

    def hear(self, packets: list[tuple[int, bytes]]) -> list[bytes | None]:
        """Give what was in packets of different rows, ``None`` for those that are refused."""
        heard: list[bytes | None] = [None] * len(packets)
        kinds: defaultdict[tuple[int, int, int], list[int]] = defaultdict(list)
        ears = self.unprotectors
        for place, (row, one) in enumerate(packets):
            if ears.hears(row, int.from_bytes(one[8:12])):
                kind = len(one), int(ears.overhead[row]), int(ears.tag_octets[row])
                kinds[kind].append(place)
            else:
                heard[place] = self._alone(row, one)
        for (length, overhead, _), places in kinds.items():
            rows = np.array([packets[place][0] for place in places], np.intp)
            whole = np.stack([np.frombuffer(packets[place][1], np.uint8) for place in places])
            is_good, indexes = ears.check(rows, whole)
            text = whole[is_good, 12 : length - overhead]
            payloads = ears.decrypt(rows[is_good], indexes[is_good], text)
            good = [place for place, is_it in zip(places, is_good, strict=True) if is_it]
            for place, payload in zip(good, payloads, strict=True):
                heard[place] = packets[place][1][:12] + payload.tobytes()
        return heard

    def _alone(self, row: int, one: bytes) -> bytes | None:
        try:
            return self.unprotectors.open_one(row, one, 12)
        except NotAuthentic:
            return None


def over_a_bad_network(sent: list[bytes], dice: Random) -> list[bytes]:
    """
    Lose, repeat and overtake; what is late is late by less than the window of both sides.

    The first comes first: where a stream has wrapped before it is heard, libsrtp hears nothing.
    """
    kept = [
        (place + (dice.randrange(WINDOW - 4) if place and dice.random() < 0.2 else 0), one)
        for place, one in enumerate(sent)
        if place == 0 or dice.random() > 0.1
        for _ in range(1 + (dice.random() < 0.1))
    ]
    return [one for _, one in sorted(kept, key=lambda it: it[0])]


class TestManyRowsInOneBatch:
    @repeatable
    @given(DICE)
    def test_are_each_taken_as_libsrtp_takes_them(self, dice: Random) -> None:
        """Both suites, sequence numbers that wrap under way, packets of several lengths."""
        suites = tuple(SrtpSuite)
        keys = [key_of(row, suites[row % 2]) for row in range(6)]
        ears, theirs = Ears(keys), [hears(key) for key in keys]
        arriving = []
        for row, key in enumerate(keys):
            first, sender = 65_536 - dice.randrange(1, 60), sends(key)
            sizes = dice.choices((160, 80, 240, 1), (8, 1, 1, 1), k=80)
            plain = [packet(row, first + n, bytes([n]) * size) for n, size in enumerate(sizes)]
            arriving.append(over_a_bad_network([sender.protect(one) for one in plain], dice))
        for tick in range(max(map(len, arriving))):
            batch = [(row, all_[tick]) for row, all_ in enumerate(arriving) if tick < len(all_)]
            expected = [taken(theirs[row], one) for row, one in batch]

            assert ears.hear(batch) == expected

    def test_may_have_identifiers_of_their_keys_beside_those_that_have_none(self) -> None:
        kinds = [(suite, mki) for suite in SrtpSuite for mki in (b"", b"\1", b"four", b"sixsix")]
        keys = [
            SrtpKey(suite=suite, master=bytes([n]) * 30, mki=mki)
            for n, (suite, mki) in enumerate(kinds)
        ]
        protectors, ears = Protectors(len(keys)), Ears(keys)
        rows, into = np.arange(len(keys)), np.zeros((len(keys), 1024), np.uint8)
        for row, key in enumerate(keys):
            protectors.begin(row, key, row)
        for number in range(65_520, 65_560):
            plain = [packet(row, number, bytes([row] * 160)) for row in range(len(keys))]
            whole = np.array([list(one) for one in plain], np.uint8)
            lengths = protectors.seal(rows, whole[:, :12], whole[:, 12:], into)
            sealed = [(row, into[row, : lengths[row]].tobytes()) for row in range(len(keys))]

            assert ears.hear(sealed) == plain
            for row, one in sealed:
                tag, mki = int(ears.unprotectors.tag_octets[row]), keys[row].mki
                without = one[: -tag - len(mki)] + one[-tag:]
                assert one[len(without) - tag : -tag] == mki
                if number < 65_536:
                    assert hears(keys[row]).unprotect(without) == plain[row]

    @repeatable
    @given(st.integers(0, 8), st.booleans(), DICE)
    def test_hold_off_what_was_changed_anywhere(
        self, row: int, is_head: bool, dice: Random
    ) -> None:
        keys = [key_of(n, SrtpSuite.AES_CM_128_HMAC_SHA1_80) for n in range(9)]
        ears, senders = Ears(keys), [sends(key) for key in keys]
        for number in range(1000, 1004):
            batch = [
                (n, senders[n].protect(packet(n, number, bytes([n] * 160))))
                for n in range(len(keys))
            ]
            at = dice.choice((2, 3)) if is_head else dice.randrange(12, len(batch[row][1]))
            torn = bytearray(batch[row][1])
            torn[at] ^= 1 << dice.randrange(8)
            if number > 1000:
                before = ears.hear([(row, bytes(torn))])
                assert before == [None]

            assert ears.hear(batch) == [packet(n, number, bytes([n] * 160)) for n in range(9)]


class TestAStreamInMidCall:
    @BOTH
    def test_wraps_while_packets_are_lost(self, suite: SrtpSuite) -> None:
        """The last of one round and the first of the next are lost, up to thousands of them."""
        for gap in (1, 2, 63, 64, 65, 200, 2999, 20_000):
            key = key_of(1, suite)
            ears, theirs, sender = Ears([key]), hears(key), sends(key)
            for number in (*range(65_530 - gap // 2, 65_536 - gap // 2),
                           *range(65_536 + gap // 2, 65_550 + gap // 2)):  # fmt: skip
                plain = packet(1, number, bytes(160))
                sealed = sender.protect(plain)

                assert ears.hear([(0, sealed)]) == [taken(theirs, sealed)] == [plain]

    @BOTH
    def test_gets_another_key(self, suite: SrtpSuite) -> None:
        """Numbers go on; the rounds counted begin anew (RFC 3711 section 8.1), the old key ends."""
        old, new = key_of(0, suite), key_of(0, suite, salt=5)
        ears, before, after = Ears([old, old]), sends(old), sends(new)
        for number in range(65_500, 65_600):
            plain = packet(1, number, bytes(160))
            assert ears.hear(
                [(0, before.protect(plain)), (1, before.protect(packet(2, number, b"x")))]
            )[0]
        ears.unprotectors.begin(0, new)
        late = before.protect(packet(1, 65_600, bytes(160)))
        for number in range(65_601, 65_700):
            plain = packet(1, number, bytes(160))

            assert ears.hear([(0, after.protect(plain))]) == [plain]
            assert ears.hear([(0, late)]) == [None]
            assert ears.hear([(1, before.protect(packet(2, number, b"x")))])[0] is not None

    @BOTH
    def test_goes_on_as_another_source(self, suite: SrtpSuite) -> None:
        """And sometimes back; what either had is never taken again."""
        key = key_of(3, suite)
        ears, theirs, sender, sent = Ears([key]), hears(key), sends(key), list[bytes]()
        dice = Random(3711)
        numbers = {ssrc: dice.randrange(65_000, 65_536) for ssrc in (10, 20, 30)}
        for _ in range(30):
            ssrc = dice.choice(sorted(numbers))
            for _ in range(dice.randrange(1, 60)):
                numbers[ssrc] += 1 + (dice.random() < 0.1)
                sent.append(sender.protect(packet(ssrc, numbers[ssrc], bytes(160))))
                again = dice.choice(sent[-50:])
                for one in (sent[-1], again):
                    assert ears.hear([(0, one)]) == [taken(theirs, one)]


class TestKeystreams:
    @repeatable
    @given(DICE, st.sampled_from([1, 16, 80, 160, 161, 240, 480]))
    def test_are_what_each_packet_has_by_itself(self, dice: Random, octets: int) -> None:
        """Across the edges of what is made ahead, after jumps, for packets that are late."""
        keys = [rtp_keys(key_of(row, SrtpSuite.AES_CM_128_HMAC_SHA1_80)) for row in range(5)]
        streams, indexes = Keystreams(5), np.zeros(5, np.int64)
        for row, each in enumerate(keys):
            streams.begin(row, each, 100 + row)
        indexes += [0, AHEAD - 1, AHEAD, 65_530, 1 << 40]
        for _ in range(60):
            rows = np.array(sorted(dice.sample(range(5), dice.randrange(1, 6))), np.intp)
            steps = dice.choices(
                (1, 0, 2, AHEAD - 1, AHEAD, AHEAD + 1, 2 * AHEAD, 5000), k=len(rows)
            )
            indexes[rows] += steps
            late = np.array(dice.choices((0, 0, 0, 1, WINDOW - 1, AHEAD, 2 * AHEAD), k=len(rows)))
            wanted = np.maximum(indexes[rows] - late, 0)
            made = streams.combine(rows, wanted, np.zeros((len(rows), octets), np.uint8))
            for row, index, one in zip(rows.tolist(), wanted.tolist(), made, strict=True):
                assert one.tobytes() == keys[row].keystream(100 + row, index, octets)

    def test_have_room_for_what_they_make_at_once(self) -> None:
        assert WIDTH % 16 == 0


class TestReports:
    @repeatable
    @given(DICE, st.sampled_from(tuple(SrtpSuite)))
    def test_are_taken_as_libsrtp_takes_them(self, dice: Random, suite: SrtpSuite) -> None:
        key = key_of(7, suite)
        ours, theirs, sender = SrtcpUnprotector(key), hears(key), sends(key)
        sent = []
        for number in range(100):
            body = bytes([number] * 4 * dice.randrange(6))
            compound = b"\x81\xc9" + (1 + len(body) // 4).to_bytes(2) + bytes(3) + b"\x07" + body
            sent.append(sender.protect_rtcp(compound))
        for one in over_a_bad_network(sent, dice):
            torn = one[:-1] + bytes([one[-1] ^ dice.choice((0, 0, 0, 1))])
            try:
                heard = ours.unprotect(torn)
            except NotAuthentic:
                heard = None
            try:
                expected = bytes(theirs.unprotect_rtcp(torn))
            except pylibsrtp.Error:
                expected = None

            assert heard == expected

    @BOTH
    def test_of_ours_are_what_libsrtp_takes(self, suite: SrtpSuite) -> None:
        key = key_of(9, suite)
        ours, theirs = SrtcpProtector(key), hears(key)
        for number in range(300):
            compound = b"\x80\xc9\0\1" + bytes(3) + bytes([number % 256])

            assert theirs.unprotect_rtcp(ours.protect(compound)) == compound

    @BOTH
    @pytest.mark.parametrize("octets", range(30))
    def test_that_are_too_short_are_refused(self, suite: SrtpSuite, octets: int) -> None:
        with pytest.raises(NotAuthentic):
            SrtcpUnprotector(key_of(9, suite)).unprotect(bytes(octets))


def test_an_index_is_the_one_nearest_to_the_highest() -> None:
    """RFC 3711 appendix A, as an oracle of its own."""
    dice = Random(1)
    for _ in range(2000):
        highest, number = dice.randrange(1 << 20, 1 << 40), dice.randrange(1 << 16)
        near = extended(number, highest)
        candidates = [(highest >> 16) + round_ << 16 | number for round_ in (-1, 0, 1)]
        assert abs(near - highest) == min(abs(one - highest) for one in candidates)
