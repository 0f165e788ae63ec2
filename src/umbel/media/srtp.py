"""SRTP of many streams at once (RFC 3711), as arrays with a row for each stream.

Sequence numbers are known ahead, so the keystream of a row is made for many packets with one
encryption (``Keystreams``) and combined with all packets of a tick by one operation. What remains
packet by packet is the HMAC (``srtp_tags``).
"""

from hmac import compare_digest
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .rtp import HEADER_OCTETS, extended
from .session import SrtpKey
from .srtp_keys import RTP_TAG_OCTETS, NotAuthentic, SessionKeys, rtp_keys
from .srtp_keystreams import Indexes, Keystreams, Octets, Rows
from .srtp_tags import HashedTags, MakeTags

_ROC_OCTETS: Final = 4
_WINDOW: Final = 64
"""Packets that may be overtaken (section 3.3.2)."""
_MOST_SOURCES: Final = 64
"""Streams of one key; a peer that begins another each time would fill our memory."""
_MOST_ROLLOVERS: Final = 8
"""Of a stream that is heard first when it is under way: three hours of packets of 20 ms."""
_NOBODY: Final = -1
_WRAP: Final = 1 << 16
_HALF: Final = 1 << 15


class Protectors:
    """The sending halves: each row has a key, and its packets have one SSRC."""

    def __init__(self, rows: int, make_tags: MakeTags = HashedTags) -> None:
        self._keystreams = Keystreams(rows)
        self._tags = make_tags(rows)
        self._highest = np.full(rows, _NOBODY, np.int64)
        self._mki: dict[int, bytes] = {}
        self._kind = np.zeros(rows, np.intp)
        """Octets of the tag, and those of the master key identifier, as one number."""

    def begin(self, row: int, key: SrtpKey, ssrc: int) -> None:
        """Encrypt the packets of *row* with *key* from now on; their count begins anew."""
        keys = rtp_keys(key)
        self._keystreams.begin(row, keys, ssrc)
        self._tags.begin(row, keys)
        self._highest[row] = _NOBODY
        self._mki[row] = key.mki
        self._kind[row] = RTP_TAG_OCTETS[key.suite] << 8 | len(key.mki)

    def end(self, row: int) -> None:
        """Forget the key of *row*."""
        self._keystreams.end(row)
        self._tags.end(row)
        self._mki.pop(row, None)

    def seal(self, rows: Rows, headers: Octets, payloads: Octets, into: Octets) -> NDArray[np.intp]:
        """
        Encrypt a packet of each of *rows*: fixed headers, and payloads all of one length.

        They are put into the rows *into*; given is how many octets each has there.
        """
        octets = HEADER_OCTETS + payloads.shape[1]
        indexes = self._next_indexes(rows, headers)
        sealed = np.empty((len(rows), octets + _ROC_OCTETS), np.uint8)
        sealed[:, :HEADER_OCTETS] = headers
        sealed[:, HEADER_OCTETS:octets] = self._keystreams.combine(rows, indexes, payloads)
        sealed[:, octets:] = _rollovers(indexes)
        tags, kinds = self._tags.make(rows, sealed), self._kind[rows]
        into[rows, :octets] = sealed[:, :octets]
        for kind in _different(kinds):
            chosen = np.flatnonzero(kinds == kind)
            tag, mki = kind >> 8, kind & 0xFF
            if mki:
                names = b"".join(self._mki[row] for row in rows[chosen].tolist())
                named = np.frombuffer(names, np.uint8).reshape(-1, mki)
                into[rows[chosen], octets : octets + mki] = named
            into[rows[chosen], octets + mki : octets + mki + tag] = tags[chosen, :tag]
        lengths: NDArray[np.intp] = octets + (kinds >> 8) + (kinds & 0xFF)
        return lengths

    def _next_indexes(self, rows: Rows, headers: Octets) -> Indexes:
        numbers = _sequence_numbers(headers)
        indexes = _near(numbers, self._highest[rows])
        self._highest[rows] = np.maximum(self._highest[rows], indexes)
        return indexes


class Unprotectors:
    """
    The receiving halves: each row has a key, and the stream that is heard now.

    What a stream has had stays known by its SSRC when the peer goes on with another, so that
    nothing of it is taken twice.
    """

    def __init__(self, rows: int, make_tags: MakeTags = HashedTags) -> None:
        self._keystreams = Keystreams(rows)
        self._tags = make_tags(rows)
        self._ssrc = np.full(rows, _NOBODY, np.int64)
        self._highest = np.full(rows, _NOBODY, np.int64)
        self._seen = np.zeros(rows, np.uint64)
        """A bit for each of the latest packets, the highest in bit 0."""
        self.tag_octets = np.zeros(rows, np.intp)
        self.overhead = np.zeros(rows, np.intp)
        """Octets behind the payload: tag and master key identifier."""
        self._mki: dict[int, bytes] = {}
        self._keys: dict[int, SessionKeys] = {}
        self._others: dict[int, dict[int, tuple[int, int]]] = {}
        """By row and SSRC: the highest index and what was seen of streams not heard now."""

    def begin(self, row: int, key: SrtpKey) -> None:
        """Take packets of *row* that were made with *key*; whatever it heard before is forgotten."""
        self._keys[row] = rtp_keys(key)
        self._tags.begin(row, self._keys[row])
        self._ssrc[row] = self._highest[row] = _NOBODY
        self._seen[row] = 0
        self.tag_octets[row] = RTP_TAG_OCTETS[key.suite]
        self.overhead[row] = self.tag_octets[row] + len(key.mki)
        self._mki[row] = key.mki
        self._others[row] = {}

    def end(self, row: int) -> None:
        """Forget the key of *row*."""
        self._keystreams.end(row)
        self._tags.end(row)
        for table in (self._mki, self._keys, self._others):
            table.pop(row, None)
        self._ssrc[row] = _NOBODY
        self.overhead[row] = self.tag_octets[row] = 0

    def check(self, rows: Rows, packets: Octets) -> tuple[NDArray[np.bool_], Indexes]:
        """
        Check a packet of each of *rows*: of the stream that is heard now, with a fixed header, all
        of one length, one overhead and one length of tags, each row once.

        Gives which are authentic and did not come before, and the index of each packet.
        """
        octets = packets.shape[1] - int(self.overhead[rows[0]])
        indexes = _near(_sequence_numbers(packets), self._highest[rows])
        is_good = self._is_fresh(rows, indexes)
        is_good &= self._is_authentic(rows, packets, octets, indexes)
        self._note(rows[is_good], indexes[is_good])
        return is_good, indexes

    def decrypt(self, rows: Rows, indexes: Indexes, payloads: Octets) -> Octets:
        """Decrypt the payload of a packet of each of *rows* that was found good."""
        return self._keystreams.combine(rows, indexes, payloads)

    def hears(self, row: int, ssrc: int) -> bool:
        """Say whether *ssrc* is the stream that ``check`` takes packets of."""
        return int(self._ssrc[row]) == ssrc

    def open_one(self, row: int, packet: bytes, start: int) -> bytes:
        """
        Check and decrypt any packet of *row*, whose payload begins at *start*: give header and payload.

        Raises ``NotAuthentic``, also for one that came before. Its stream is the one heard from
        now on.
        """
        end = len(packet) - int(self.overhead[row])
        if end < start:
            raise NotAuthentic(f"SRTP: {len(packet)} octets are too few")
        ssrc = int.from_bytes(packet[8:12])
        index = self._index(row, packet, end)
        self._hear(row, ssrc)
        self._note(np.array([row], np.intp), np.array([index], np.int64))
        return packet[:start] + self._keys[row].crypt(packet[start:end], ssrc, index)

    def _index(self, row: int, packet: bytes, end: int) -> int:
        """Give the index of a packet that is authentic and did not come before."""
        highest, seen = self._known(row, int.from_bytes(packet[8:12]))
        self._require_mki(row, packet, end)
        if highest < 0:
            return self._first_index(row, packet, end)
        index = extended(int.from_bytes(packet[2:4]), highest)
        age = highest - index
        if index < 0 or age >= _WINDOW or (age >= 0 and seen >> age & 1):
            raise NotAuthentic("SRTP: the packet came before, or too late")
        if not self._is_made_with_key(row, packet, end, index):
            raise NotAuthentic("SRTP: the packet was not made with the key")
        return index

    def _first_index(self, row: int, packet: bytes, end: int) -> int:
        """
        Give the index of the first packet that is heard of a stream.

        Its rollover counter is 0, unless the stream began long before it came to us: its packets
        went to an engine that was lost.
        """
        for rollover in range(_MOST_ROLLOVERS):
            index = rollover << 16 | int.from_bytes(packet[2:4])
            if self._is_made_with_key(row, packet, end, index):
                return index
        raise NotAuthentic("SRTP: the packet was not made with the key")

    def _known(self, row: int, ssrc: int) -> tuple[int, int]:
        if self.hears(row, ssrc):
            return int(self._highest[row]), int(self._seen[row])
        others = self._others[row]
        if ssrc not in others and len(others) >= _MOST_SOURCES:
            raise NotAuthentic(f"SRTP: more than {_MOST_SOURCES} streams with one key")
        return others.get(ssrc, (_NOBODY, 0))

    def _require_mki(self, row: int, packet: bytes, end: int) -> None:
        if packet[end : len(packet) - int(self.tag_octets[row])] != self._mki[row]:
            raise NotAuthentic("SRTP: the packet names another master key than agreed")

    def _is_made_with_key(self, row: int, packet: bytes, end: int, index: int) -> bool:
        rollover, tag = (index >> 16).to_bytes(_ROC_OCTETS), int(self.tag_octets[row])
        expected = self._keys[row].tag(packet[:end] + rollover)[:tag]
        return compare_digest(expected, packet[-tag:])

    def _hear(self, row: int, ssrc: int) -> None:
        """Let ``check`` take the packets of another stream."""
        if self.hears(row, ssrc):
            return
        others = self._others[row]
        if (before := int(self._ssrc[row])) != _NOBODY:
            others[before] = int(self._highest[row]), int(self._seen[row])
        self._highest[row], self._seen[row] = others.pop(ssrc, (_NOBODY, 0))
        self._ssrc[row] = ssrc
        self._keystreams.begin(row, self._keys[row], ssrc)

    def _is_fresh(self, rows: Rows, indexes: Indexes) -> NDArray[np.bool_]:
        age = self._highest[rows] - indexes
        bit = self._seen[rows] >> np.clip(age, 0, _WINDOW - 1).astype(np.uint64)
        is_fresh: NDArray[np.bool_] = (age < 0) | ((age < _WINDOW) & (bit & np.uint64(1) == 0))
        return is_fresh & (indexes >= 0)

    def _is_authentic(
        self, rows: Rows, packets: Octets, octets: int, indexes: Indexes
    ) -> NDArray[np.bool_]:
        authenticated = np.empty((len(rows), octets + _ROC_OCTETS), np.uint8)
        authenticated[:, :octets] = packets[:, :octets]
        authenticated[:, octets:] = _rollovers(indexes)
        tag = int(self.tag_octets[rows[0]])
        tags = self._tags.make(rows, authenticated)[:, :tag]
        is_authentic: NDArray[np.bool_] = (tags == packets[:, -tag:]).all(axis=1)
        if mki := packets.shape[1] - octets - tag:
            names = b"".join(self._mki[row] for row in rows.tolist())
            named = np.frombuffer(names, np.uint8).reshape(-1, mki)
            is_authentic &= (packets[:, octets : octets + mki] == named).all(axis=1)
        return is_authentic

    def _note(self, rows: Rows, indexes: Indexes) -> None:
        ahead = indexes - self._highest[rows]
        one = np.uint64(1)
        moved = np.where(
            ahead < _WINDOW,
            self._seen[rows] << np.clip(ahead, 0, _WINDOW - 1).astype(np.uint64),
            np.uint64(0),
        )
        behind = np.clip(-ahead, 0, _WINDOW - 1).astype(np.uint64)
        self._seen[rows] = np.where(ahead > 0, moved | one, self._seen[rows] | one << behind)
        self._highest[rows] = np.maximum(self._highest[rows], indexes)


def _sequence_numbers(packets: Octets) -> Indexes:
    return packets[:, 2].astype(np.int64) << 8 | packets[:, 3]


def _near(numbers: Indexes, highest: Indexes) -> Indexes:
    """Give the index of each sequence number that lies closest to the highest (appendix A)."""
    distance = (numbers - highest + _HALF) % _WRAP - _HALF
    return np.where(highest < 0, numbers, highest + distance)


def _rollovers(indexes: Indexes) -> Octets:
    """Give the rollover counters as they are authenticated."""
    return (indexes >> 16).astype(">u4").view(np.uint8).reshape(-1, _ROC_OCTETS)


def _different(values: NDArray[np.intp]) -> list[int]:
    first = int(values[0]) if len(values) else 0
    return [first] if (values == first).all() else np.unique(values).tolist()
