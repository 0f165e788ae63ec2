"""Many packets with one system call: ``recvmmsg`` and ``sendmmsg`` of Linux, on numpy arrays.

The kernel's records (``struct mmsghdr``, ``struct iovec``, ``struct sockaddr_in6``) are arrays of
their own, written once; a tick changes lengths and addresses in them, and touches no packet by
itself. What a record points to stays where it is for as long as its batch lives.
"""

import ctypes
import socket
import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

from umbel.core.errors import Misuse

from .names import NAME_OCTETS, Names

DENSE: Final = 512
"""Octets of a packet that lie close together: 60 ms of G.711 with every tag there is."""
LONGEST_PACKET: Final = 1500

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
Packets = NDArray[np.uint8]

_library: Final = ctypes.CDLL(None)
_library.recvmmsg.argtypes = [
    *(ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
]
_library.sendmmsg.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int]


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
        self.data = np.zeros((slots, DENSE), np.uint8)
        """The beginning of each packet; what lies behind its length is of older ones."""
        self.names: Names = np.zeros((slots, NAME_OCTETS), np.uint8)
        self.pairs = np.zeros(slots, np.intp)
        """The index of the port pair that each came to."""
        self._rest = np.zeros((slots, LONGEST_PACKET - DENSE), np.uint8)
        self._pieces = np.zeros((slots, 2), _PIECE)
        self._messages = np.zeros(slots, _MESSAGE)
        self._prepare()

    def _prepare(self) -> None:
        number = np.arange(self.slots, dtype=np.uint64)
        for piece, part in enumerate((self.data, self._rest)):
            self._pieces["base"][:, piece] = part.ctypes.data + number * part.strides[0]
            self._pieces["octets"][:, piece] = part.shape[1]
        self._messages["name"] = self.names.ctypes.data + number * NAME_OCTETS
        self._messages["pieces"] = self._pieces.ctypes.data + number * self._pieces.strides[0]
        self._messages["piece_count"] = 2

    @property
    def lengths(self) -> NDArray[np.uint32]:
        """Give how many octets each packet has."""
        lengths: NDArray[np.uint32] = self._messages["octets"][: self.count]
        return lengths

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
        arrived = _library.recvmmsg(
            bound.fileno(), batch.ctypes.data, room, socket.MSG_DONTWAIT, None
        )
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
        length = int(self._messages["octets"][slot])
        start = self.data[slot, :length].tobytes()
        return start + self._rest[slot, : length - DENSE].tobytes() if length > DENSE else start


class Outbox:
    """What goes out in one tick, from one socket after another."""

    def __init__(self, slots: int, octets: int) -> None:
        self.data = np.zeros((slots, octets), np.uint8)
        """A packet in each slot; those of one socket lie behind each other."""
        self._pieces = np.zeros(slots, _PIECE)
        self._messages = np.zeros(slots, _MESSAGE)
        number = np.arange(slots, dtype=np.uint64)
        self._pieces["base"] = self.data.ctypes.data + number * octets
        self._messages["pieces"] = self._pieces.ctypes.data + number * self._pieces.itemsize
        self._messages["piece_count"] = 1

    def address(self, names: Names, rows: Rows, octets: int) -> None:
        """Let the first packets, of so many *octets* each, go to the *names* of *rows*."""
        batch = self._messages[: len(rows)]
        batch["name"] = names.ctypes.data + rows.astype(np.uint64) * NAME_OCTETS
        is_ipv4 = names[rows, 0] == socket.AF_INET
        batch["name_octets"] = np.where(is_ipv4, _IPV4_NAME, _IPV6_NAME)
        self._pieces["octets"][: len(rows)] = octets

    def send(self, bound: socket.socket, start: int, end: int) -> None:
        """
        Send the packets from slot *start* to *end* through a socket.

        One that the system does not take is lost, as on the network, and the next one follows.
        """
        while start < end:
            at = self._messages[start:end].ctypes.data
            sent = _library.sendmmsg(bound.fileno(), at, end - start, socket.MSG_DONTWAIT)
            start += max(1, sent)
