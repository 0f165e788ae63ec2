"""Port pairs: RTP on an even port, RTCP on the next (RFC 3550 section 11).

Calls share them. Where signalling has said beforehand where the peer is, that address and the pair
name the call, and the pair may serve calls of other addresses: so a thousand calls arrive at some
dozen sockets, each emptied by one system call. Two calls of one address never share a pair, and a
call whose peer is not known beforehand, or may be behind NAT, has no newcomer beside it.

A call has a row: its place in every array that has a place for each call.
"""

import errno
import select
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from umbel.core.errors import Unavailable
from umbel.net.socket_room import ask_for_room

from .names import Endpoint

CALLS_OF_A_PAIR: Final = 64
"""At most; the packets of so many calls fit into the queue that the kernel has for a socket."""
MOST_ROWS: Final = 8192

_LOOKED_AT: Final = 64
"""Open pairs that a newcomer is offered; where one peer calls a thousand times all are taken."""
_LONGEST_PACKET: Final = 1500
_BUFFER: Final = 1 << 21
"""Octets of a socket's queue: a second of 64 calls, where the engine stood still so long."""
_EXPEDITED_FORWARDING: Final = 46 << 2
"""The class that routers give to voice (RFC 3246, RFC 4594 section 4.1)."""
_IP_MTU_DISCOVER: Final = 10
_IP_PMTUDISC_PROBE: Final = 3
"""Never divide a packet (all are small), whatever ICMP says of the way: nobody can spoil it by a
forged one, and the kernel, which then needs no identification for the parts, sends nearly a tenth faster."""


@dataclass(slots=True, eq=False)
class PortPair:
    """Two bound sockets, and who has them."""

    index: int
    """Its place in the range."""
    address: str
    port: int
    rtp: socket.socket
    rtcp: socket.socket
    peers: dict[int, Endpoint | None] = field(default_factory=dict)
    """Where the peer of each row is, or is to be; ``None``: it may be anywhere."""
    newcomers: set[int] = field(default_factory=set)
    """The calls whose peer's address is not known yet: whoever is unknown may be one of them."""

    def has_room(self, address: str, peer: Endpoint) -> bool:
        """Say whether a call of *peer* may be put here."""
        if self.address != address or self.newcomers or len(self.peers) >= CALLS_OF_A_PAIR:
            return False
        taken = self.peers.values()
        return peer not in taken and None not in taken


@dataclass(frozen=True, slots=True, eq=False)
class Seat:
    """A call's row, and the pair whose ports its peer was told."""

    row: int
    pair: PortPair


class Ports:
    """The range of ports that calls are given, and the sockets that are open."""

    def __init__(self, ports: range, begin: int = 0) -> None:
        """*begin*: the port that is given first, where the lower ones may still be sent audio."""
        first = ports.start + ports.start % 2
        self._ports = range(first, ports.stop - 1, 2)
        self._next = max(0, begin - first) // 2
        self._open: dict[int, PortPair] = {}
        self._rows = list(range(len(self) - 1, -1, -1))
        """Those that no call has, the last one to be given next."""
        self._poll = select.epoll()
        self._sockets: dict[int, tuple[PortPair, bool]] = {}

    def __len__(self) -> int:
        """Give how many calls there can be in all, which is how many rows arrays need."""
        return min(len(self._ports) * CALLS_OF_A_PAIR, MOST_ROWS)

    @property
    def pairs(self) -> int:
        """Give how many pairs the range has."""
        return len(self._ports)

    def take(self, address: str, peer: Endpoint | None = None) -> Seat:
        """
        Give a new call a seat at *address*; raise ``Unavailable`` where none can be had.

        *peer* is where its packets will come from, as far as that is known.
        """
        if not self._rows:
            raise Unavailable(f"{len(self)} calls are the most that this engine serves")
        pair = self._shared(address, peer) or self._another(address)
        seat = Seat(self._rows.pop(), pair)
        pair.peers[seat.row] = peer
        if peer is None:
            pair.newcomers.add(seat.row)
        return seat

    def leave(self, seat: Seat) -> None:
        """Give a seat back; sockets that no call has are closed."""
        pair = seat.pair
        del pair.peers[seat.row]
        self._rows.append(seat.row)
        pair.newcomers.discard(seat.row)
        if not pair.peers:
            self._shut(pair)

    def pair(self, index: int) -> PortPair:
        """Give an open pair."""
        return self._open[index]

    def close(self) -> None:
        """Close every socket."""
        for pair in list(self._open.values()):
            self._shut(pair)
        self._poll.close()

    def ready(self) -> Iterator[tuple[PortPair, bool]]:
        """Give the pairs at which something waits, and whether it waits at the RTCP port."""
        for descriptor, _ in self._poll.poll(0, max(1, len(self._sockets))):
            yield self._sockets[descriptor]

    def _shared(self, address: str, peer: Endpoint | None) -> PortPair | None:
        """Find room among the pairs that were opened last."""
        if peer is None:
            return None
        latest = islice(reversed(self._open.values()), _LOOKED_AT)
        return next((pair for pair in latest if pair.has_room(address, peer)), None)

    def _another(self, address: str) -> PortPair:
        """Bind the next free pair of the range."""
        for step in range(len(self._ports)):
            index = (self._next + step) % len(self._ports)
            if index in self._open:
                continue
            pair = _bind(index, address, self._ports[index])
            if pair is not None:
                self._next = index + 1
                self._enter(pair)
                return pair
        raise Unavailable(
            f"no free pair of ports at {address} from {self._ports.start} to {self._ports.stop}: "
            f"{len(self._open)} of {len(self._ports)} are taken by calls of this node, "
            "the others by other programs"
        )

    def _enter(self, pair: PortPair) -> None:
        self._open[pair.index] = pair
        for is_rtcp, bound in ((False, pair.rtp), (True, pair.rtcp)):
            self._sockets[bound.fileno()] = (pair, is_rtcp)
            self._poll.register(bound.fileno(), select.EPOLLIN)

    def _shut(self, pair: PortPair) -> None:
        del self._open[pair.index]
        for bound in (pair.rtp, pair.rtcp):
            self._poll.unregister(bound.fileno())
            del self._sockets[bound.fileno()]
            bound.close()


def send(through: socket.socket, packet: bytes | memoryview, to: Endpoint) -> bool:
    """
    Send a packet; say whether the system took it.

    An unreachable network, a full queue, a peer's refusal of the packet before: RTP goes on
    without that packet, as if the network had lost it.
    """
    try:
        through.sendto(packet, to)
    except OSError:
        return False
    return True


def receive(bound: socket.socket, most: int) -> Iterator[tuple[bytes, Endpoint]]:
    """Give the packets that wait at a socket, at most so many, one by one."""
    for _ in range(most):
        try:
            data, source = bound.recvfrom(_LONGEST_PACKET)
        except BlockingIOError:
            return
        except OSError:
            continue  # A peer's ICMP refusal of an earlier packet comes out here as well.
        yield data, source[:2]


def _bind(index: int, address: str, port: int) -> PortPair | None:
    """Bind both ports; ``None`` where one of them is in use."""
    rtp = _bound(address, port)
    if rtp is None:
        return None
    try:
        rtcp = _bound(address, port + 1)
    except Unavailable:
        rtp.close()
        raise
    if rtcp is None:
        rtp.close()
        return None
    return PortPair(index, address, port, rtp, rtcp)


def _bound(address: str, port: int) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        bound = socket.socket(family, socket.SOCK_DGRAM)
    except OSError as error:
        raise Unavailable(f"no socket for {address}: {error.strerror}") from error
    try:
        _prepare(bound, family)
        bound.bind((address, port))
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            return None
        raise Unavailable(f"{address} port {port}: {error.strerror or error}") from error
    return bound


def _prepare(bound: socket.socket, family: socket.AddressFamily) -> None:
    bound.setblocking(False)
    ask_for_room(bound, _BUFFER)
    if family == socket.AF_INET6:
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, _EXPEDITED_FORWARDING)
    else:
        bound.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, _EXPEDITED_FORWARDING)
        bound.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_PROBE)
