"""Many packets with one system call: ``recvmmsg`` and ``sendmmsg`` of Linux, on numpy arrays.

The kernel's records (``struct mmsghdr``, ``struct iovec``, ``struct sockaddr_in6``) are arrays of
their own, written once; a tick changes lengths and addresses in them, and touches no packet by
itself. What a record points to stays where it is for as long as its batch lives.
"""

import ctypes
import socket
import struct
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from umbel.core.errors import Misuse
from umbel.media.rtp import HEADER_OCTETS

from .names import NAME_OCTETS, Names

LONGEST: Final = 1024
"""Octets of a packet: 120 ms of G.711 with every tag there is. What is longer is cut off."""

_MESSAGE: Final = np.dtype(
    [
        ("name", "u8"), ("name_octets", "u4"), ("gap_1", "u4"),
        ("pieces", "u8"), ("piece_count", "u8"),
        ("control", "u8"), ("control_octets", "u8"),
        ("flags", "i4"), ("gap_2", "u4"),
        ("octets", "u4"), ("gap_3", "u4"),
    ]
)  # fmt: skip
"""``struct mmsghdr`` where a pointer has 64 bits."""
_PIECE: Final = np.dtype([("base", "u8"), ("octets", "u8")])
"""``struct iovec``."""

_IPV4_NAME: Final = 16
_IPV6_NAME: Final = 28
_FLOW: Final = slice(4, 8)
_SCOPE: Final = slice(24, 28)
"""What does not tell one peer from another."""

Rows = NDArray[np.intp]
Addresses = NDArray[np.uint64]
"""Of octets in our own memory."""

_library: Final = ctypes.CDLL(None)
_library.recvmmsg.argtypes = [
    *(ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
]
_library.sendmmsg.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int]
_recvmmsg: Final = _library.recvmmsg
_sendmmsg: Final = _library.sendmmsg


def require_wide_pointers() -> None:
    """Raise ``Misuse`` on a machine whose kernel records look otherwise."""
    if struct.calcsize("P") != 8:
        raise Misuse("the media engine needs a 64-bit machine")


class Inbox:
    """What has arrived in one tick, at many sockets."""

    def __init__(self, slots: int) -> None:
        require_wide_pointers()
        self.slots = slots
        self.count = 0
        """Packets of this tick; they are in the first slots."""
        self.data = np.zeros((slots, LONGEST), np.uint8)
        """Each packet; what lies behind its length is of older ones."""
        self.names: Names = np.zeros((slots, NAME_OCTETS), np.uint8)
        self.pairs = np.zeros(slots, np.intp)
        """The index of the port pair that each came to."""
        self._pieces = np.zeros(slots, _PIECE)
        self._messages = np.zeros(slots, _MESSAGE)
        self._prepare()

    def _prepare(self) -> None:
        number = np.arange(self.slots, dtype=np.uint64)
        self._pieces["base"] = self.data.ctypes.data + number * LONGEST
        self._pieces["octets"] = LONGEST
        self._messages["name"] = self.names.ctypes.data + number * NAME_OCTETS
        self._messages["pieces"] = self._pieces.ctypes.data + number * self._pieces.strides[0]
        self._messages["piece_count"] = 1

    @property
    def lengths(self) -> NDArray[np.uint32]:
        """Give how many octets each packet has."""
        lengths: NDArray[np.uint32] = self._messages["octets"][: self.count]
        return lengths

    def header_words(self) -> NDArray[np.uint32]:
        """Give the first twelve octets of each packet as three numbers."""
        octets = np.ascontiguousarray(self.data[: self.count, :HEADER_OCTETS])
        return octets.view(">u4").astype(np.uint32)

    def payloads(self, slots: Rows, octets: int) -> NDArray[np.uint8]:
        """Give so many octets behind the headers of *slots*, which are in order."""
        end = HEADER_OCTETS + octets
        if len(slots) == self.count:
            return self.data[: self.count, HEADER_OCTETS:end]  # Where they lie, without a copy.
        payloads: NDArray[np.uint8] = self.data[slots, HEADER_OCTETS:end]
        return payloads

    def clear(self) -> None:
        """Forget the packets of the tick before."""
        self.count = 0

    def collect(self, bound: socket.socket, pair: int, most: int) -> None:
        """Take what waits at a socket, up to *most* packets."""
        start = self.count
        room = min(most, self.slots - start)
        if room <= 0:
            return
        batch = self._messages[start : start + room]
        batch["name_octets"] = NAME_OCTETS
        arrived = _recvmmsg(bound.fileno(), batch.ctypes.data, room, socket.MSG_DONTWAIT, None)
        if arrived <= 0:
            return  # A peer's ICMP refusal of an earlier packet comes out here as well.
        self.count += arrived
        self.pairs[start : self.count] = pair
        names = self.names[start : self.count]
        if bound.family == socket.AF_INET:
            names[:, _IPV4_NAME:] = 0
        else:
            names[:, _FLOW] = names[:, _SCOPE] = 0

    def octets(self, slot: int) -> bytes:
        """Give one whole packet."""
        return self.data[slot, : int(self._messages["octets"][slot])].tobytes()


class Outbox:
    """
    What goes out: for each row a record that says where its next packet lies and where it goes.

    A plain packet is two pieces, its header here and its audio wherever that lies ready; a secret
    one is made here as a whole.
    """

    def __init__(self, rows: int) -> None:
        require_wide_pointers()
        self.headers = np.zeros((rows, HEADER_OCTETS // 4), ">u4")
        """Of each row, in words of the network's order."""
        self.sealed = np.zeros((rows, LONGEST), np.uint8)
        """The whole packets of those that are encrypted."""
        self._pieces = np.zeros((rows, 2), _PIECE)
        self._messages = np.zeros(rows, _MESSAGE)
        self._batch = np.zeros(rows, _MESSAGE)
        self._names: Names = np.zeros((rows, NAME_OCTETS), np.uint8)
        number = np.arange(rows, dtype=np.uint64)
        self._pieces["base"][:, 0] = self.headers.ctypes.data + number * HEADER_OCTETS
        self._pieces["octets"][:, 0] = HEADER_OCTETS
        self._messages["name"] = self._names.ctypes.data + number * NAME_OCTETS
        self._messages["pieces"] = self._pieces.ctypes.data + number * self._pieces.strides[0]
        self._whole_at = self._pieces["base"][:, 0]
        self._audio_at = self._pieces["base"][:, 1]
        self._audio_octets = self._pieces["octets"][:, 1]
        self._sealed_octets = self._pieces["octets"][:, 0]
        self._headers_at = self.headers.ctypes.data
        self._sealed_at = self.sealed.ctypes.data

    def aim(self, row: int, name: bytes, *, is_plain: bool) -> None:
        """Let the packets of *row* go to the address *name*, in two pieces or as a whole."""
        self._names[row] = np.frombuffer(name, np.uint8)
        self._messages["name_octets"][row] = _IPV4_NAME if name[0] == socket.AF_INET else _IPV6_NAME
        self._messages["piece_count"][row] = 2 if is_plain else 1
        whole_at = self._headers_at + row * HEADER_OCTETS
        self._whole_at[row] = whole_at if is_plain else self._sealed_at + row * LONGEST
        self._sealed_octets[row] = HEADER_OCTETS

    def append_audio(self, rows: Rows, addresses: Addresses, octets: int) -> None:
        """Let the next packets of *rows* have so many *octets* of audio, at those *addresses*."""
        self._audio_at[rows] = addresses
        self._audio_octets[rows] = octets

    def seal(self, rows: Rows, octets: NDArray[np.intp]) -> None:
        """Let the next packets of *rows* be the first *octets* of what is sealed for them."""
        self._sealed_octets[rows] = octets

    def headers_of(self, rows: Rows) -> NDArray[np.uint8]:
        """Give the octets of the headers of *rows*."""
        return self.headers[rows].view(np.uint8)

    def send(self, rows: Rows, runs: Iterable[tuple[int, int, int]]) -> None:
        """
        Send a packet of each of *rows*; a run has a socket's descriptor and what part it sends.

        A packet that the system does not take is lost, as on the network, and the next one follows.
        """
        batch = self._batch[: len(rows)]
        np.take(self._messages, rows, out=batch, mode="clip")
        at, size = batch.ctypes.data, batch.itemsize
        for descriptor, start, end in runs:
            while start < end:
                sent = _sendmmsg(descriptor, at + start * size, end - start, socket.MSG_DONTWAIT)
                start += max(1, sent)


def different(values: NDArray[np.intp]) -> list[int]:
    """Give each of the *values* once: mostly there is a single one."""
    if not len(values):
        return []
    first = int(values[0])
    found: list[int] = [first] if (values == first).all() else np.unique(values).tolist()
    return found
