"""Thousands of telephones that speak at once, each its own words, in a process of their own.

They keep the engine's time and not their own: one more call, the conductor's, hears the engine, and
each packet of that is a tick. What a busy machine leaves no time for is not sent later but left
out, as a pause of that sender, so that however slow the machine is nothing waits anywhere for
long. What was sent is told afterwards, so that every recording can be compared with it.

All of them have one socket. Each has an address of its own on the loopback, which goes with each
packet as ``IP_PKTINFO``; so a tick's packets leave by one system call.
"""

import socket
import struct
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final

import numpy as np
import pylibsrtp
from numpy.typing import NDArray

from umbel.media import rtp
from umbel.media.frame import FRAME
from umbel.media.session import Codec, MediaSession, SrtpKey, SrtpSuite
from umbel.net.media_engine.batches import Outbox
from umbel.net.media_engine.names import name_of

PORT: Final = 39_990
CONDUCTOR: Final = ("127.1.255.254", 39_992)

_PROFILES = {
    SrtpSuite.AES_CM_128_HMAC_SHA1_80: pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    SrtpSuite.AES_CM_128_HMAC_SHA1_32: pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
}
_TYPES = {Codec.PCMU: 0, Codec.PCMA: 8}
_LONG_PATTERN: Final = 7 * 8000
_CONTROL: Final = struct.Struct("=QiiI4s4s4x")
"""``struct cmsghdr`` with ``struct in_pktinfo``, whose second field is where a packet comes from."""
_IP_PKTINFO: Final = 8
"""Of Linux; Python names it from 3.14 on."""
_PATIENCE: Final = 20.0
_AT_ONCE: Final = 250
"""Packets between two looks at the conductor."""
_TOO_LATE: Final = 10
"""Ticks after which the rest of a tick is left out."""
_LONG_STEP: Final = 5 * FRAME
_AHEAD: Final = 20 * FRAME
"""Samples by which packets come early, but for the first: strips hold a second, and wait for late
packets for a tenth of one, which a busy machine may exceed."""


@dataclass(frozen=True, kw_only=True)
class Singer:
    """One telephone."""

    number: int
    codec: Codec = Codec.PCMU
    ptime: int = 20
    key: SrtpKey | None = None
    is_behind_nat: bool = False
    """Its packets come from elsewhere than its SDP says."""

    @property
    def source(self) -> tuple[str, int]:
        """Give where its packets come from."""
        return f"127.1.{self.number >> 8}.{self.number & 0xFF}", PORT

    @property
    def samples(self) -> int:
        """Give how many are in a packet."""
        return self.ptime * 8

    def media(self) -> MediaSession:
        """Give what was agreed on with it."""
        host, port = self.source
        return MediaSession(
            remote_address="127.2.0.1" if self.is_behind_nat else host,
            remote_port=port,
            remote_rtcp_port=port + 1,
            codec=self.codec,
            payload_type=_TYPES[self.codec],
            ptime=self.ptime,
            sends_with=self.key,
            receives_with=self.key,
        )

    def words(self) -> NDArray[np.uint8]:
        """Give what it says over and over: nothing that could be taken for silence."""
        codes = np.random.default_rng(self.number).integers(0, 0x7F, _LONG_PATTERN)
        return codes.astype(np.uint8)


def sing(singers: list[Singer], ports: list[int], seconds: float, by: Connection) -> None:
    """Say that all is ready, wait for the word, speak, and tell what was sent."""
    choir = _Choir(singers, ports)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as conductor:
        conductor.bind(CONDUCTOR)
        by.send("ready")
        by.recv()
        choir.sing(_Conductor(conductor), round(seconds * 8000))
    by.send(choir.stamps)


class _Choir:
    def __init__(self, singers: list[Singer], ports: list[int]) -> None:
        self.ticks = 0
        self.stamps: list[list[int]] = [[] for _ in singers]
        """The timestamps of the packets of each, in samples since the choir began."""
        count = len(singers)
        self._words = np.stack([singer.words() for singer in singers])
        self._samples = np.array([singer.samples for singer in singers])
        self._next = np.zeros(count, np.int64)
        """When the next packet of each is due, on the engine's clock."""
        self._said = np.zeros(count, np.int64)
        """Packets of each."""
        self._types = np.array([_TYPES[singer.codec] for singer in singers], np.uint8)
        self._numbers = np.arange(count, dtype=np.int64) * 7 % 30_000
        self._outbox = Outbox(count)
        self._ends = {
            place: pylibsrtp.Session(
                pylibsrtp.Policy(
                    key=singer.key.master,
                    ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
                    srtp_profile=_PROFILES[singer.key.suite],
                )
            )
            for place, singer in enumerate(singers)
            if singer.key is not None
        }
        self._controls = b"".join(
            _CONTROL.pack(28, socket.IPPROTO_IP, _IP_PKTINFO, 0, host, host)
            for host in (socket.inet_aton(singer.source[0]) for singer in singers)
        )
        self._control = np.frombuffer(bytearray(self._controls), np.uint8)
        self._aim(ports)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
        self._socket.bind(("0.0.0.0", PORT))

    def _aim(self, ports: list[int]) -> None:
        """Let every packet be one piece, and leave from its own address."""
        for row, port in enumerate(ports):
            self._outbox.aim(row, name_of(("127.0.0.1", port)), is_plain=False)
        messages = self._outbox._messages
        at = np.arange(len(ports), dtype=np.uint64) * np.uint64(_CONTROL.size)
        messages["control"] = at + np.uint64(self._control.ctypes.data)
        messages["control_octets"] = _CONTROL.size

    def sing(self, conductor: "_Conductor", samples: int) -> None:
        """Speak for so many samples of the engine's time."""
        conductor.next()
        begin = conductor.clock
        while conductor.clock - begin < samples:
            self.ticks += 1
            self._tick(conductor, begin)
            conductor.next()

    def _tick(self, conductor: "_Conductor", begin: int) -> None:
        clock = conductor.clock
        now = clock - begin + (_AHEAD if self.ticks > 1 else 0)
        is_behind = now - self._next >= 2 * FRAME + self._samples
        self._next[is_behind] = now
        while (due := np.flatnonzero(self._next <= now)).size:
            for start in range(0, len(due), _AT_ONCE):
                while conductor.look():
                    if conductor.clock - clock >= _TOO_LATE * FRAME:
                        return
                self._send(due[start : start + _AT_ONCE])

    def _send(self, rows: NDArray[np.intp]) -> None:
        """Send the next packet of each of *rows*."""
        lengths, sealed = np.zeros(len(rows), np.intp), self._outbox.sealed
        headers = np.zeros(len(rows), rtp.HEADER)
        headers["first"], headers["second"] = rtp.VERSION << 6, self._types[rows]
        headers["sequence_number"] = self._numbers[rows] & 0xFFFF
        headers["timestamp"], headers["ssrc"] = self._next[rows] & 0xFFFF_FFFF, 1000 + rows
        sealed[rows, : rtp.HEADER_OCTETS] = headers.view(np.uint8).reshape(len(rows), -1)
        for samples in np.unique(self._samples[rows]).tolist():
            alike = rows[self._samples[rows] == samples]
            at = self._said[alike] * samples % (_LONG_PATTERN - samples)
            words = self._words[alike[:, np.newaxis], at[:, np.newaxis] + np.arange(samples)]
            sealed[alike, rtp.HEADER_OCTETS : rtp.HEADER_OCTETS + samples] = words
        lengths[:] = rtp.HEADER_OCTETS + self._samples[rows]
        for place, (row, stamp) in enumerate(
            zip(rows.tolist(), self._next[rows].tolist(), strict=True)
        ):
            self.stamps[row].append(stamp)
            if row in self._ends:
                packet = self._ends[row].protect(sealed[row, : lengths[place]].tobytes())
                sealed[row, : len(packet)] = np.frombuffer(packet, np.uint8)
                lengths[place] = len(packet)
        self._said[rows] += 1
        self._numbers[rows] += 1
        self._next[rows] += self._samples[rows]
        self._outbox.seal(rows, lengths)
        self._outbox.send(rows, [(self._socket.fileno(), 0, len(rows))])


def said(singer: Singer, stamps: list[int], silence: int) -> NDArray[np.uint8]:
    """Give what is to be heard of a telephone from its first packet to its last."""
    words, samples = singer.words(), singer.samples
    heard = np.full(stamps[-1] - stamps[0] + samples, silence, np.uint8)
    for number, stamp in enumerate(stamps):
        at = number * samples % (_LONG_PATTERN - samples)
        start = stamp - stamps[0]
        heard[start : start + samples] = words[at : at + samples]
    return heard


class _Conductor:
    """Hears the engine."""

    def __init__(self, bound: socket.socket) -> None:
        self._socket = bound
        self.clock = self._wait()
        """The timestamp of the engine's latest tick, without wrap."""
        self._step = 0

    def next(self) -> None:
        """
        Wait for another tick, the latest there is, that was not long after the one before.

        After a long one the strips lie still behind the clock, until that tick is over.
        """
        self._hear(self._wait())
        while self.look() or self._step > _LONG_STEP:
            if self._step > _LONG_STEP:
                self._hear(self._wait())

    def look(self) -> bool:
        """Hear a tick that has come meanwhile; say whether one has."""
        self._socket.settimeout(0.0)
        try:
            self._hear(self._stamp())
        except BlockingIOError:
            return False
        return True

    def _hear(self, stamp: int) -> None:
        self._step = (stamp - self.clock + (1 << 31)) % (1 << 32) - (1 << 31)
        self.clock += self._step

    def _wait(self) -> int:
        self._socket.settimeout(_PATIENCE)
        return self._stamp()

    def _stamp(self) -> int:
        (stamp,) = struct.unpack_from("!I", self._socket.recv(2048), 4)
        return int(stamp)
