"""Port pairs: RTP on an even port, RTCP on the next (RFC 3550 section 11).

A pair has a row: its place in the range, and in every array that has a place for each call.
"""

import errno
import select
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from umbel.core.errors import Unavailable

Endpoint = tuple[str, int]
"""An IP address as the system writes it, and a port."""

Arrival = tuple["PortPair", bool, bytes, Endpoint]
"""Where a packet came in, whether it is RTCP, its octets, and where it came from."""

_LONGEST_PACKET: Final = 1500
_MOST_PACKETS_OF_A_TICK: Final = 16
"""From one socket: whoever sends more is flooding, and the rest of the queue waits."""
_EXPEDITED_FORWARDING: Final = 46 << 2
"""The class that routers give to voice (RFC 3246, RFC 4594 section 4.1)."""


@dataclass(frozen=True, slots=True, eq=False)
class PortPair:
    """Two bound sockets."""

    row: int
    port: int
    rtp: socket.socket
    rtcp: socket.socket


class Ports:
    """The range of ports that calls are given, taken in turns so that none is soon used again."""

    def __init__(self, ports: range) -> None:
        first = ports.start + ports.start % 2
        self._ports = range(first, ports.stop - 1, 2)
        self._next = 0
        self._taken: set[int] = set()
        self._poll = select.epoll()
        self._sockets: dict[int, tuple[PortPair, bool]] = {}

    def __len__(self) -> int:
        """Give how many pairs there are in all, which is how many rows arrays need."""
        return len(self._ports)

    def open(self, address: str) -> PortPair:
        """Bind the next free pair at *address*; raise ``Unavailable`` where none can be had."""
        for step in range(len(self._ports)):
            row = (self._next + step) % len(self._ports)
            if row in self._taken:
                continue
            pair = _bind(row, address, self._ports[row])
            if pair is not None:
                self._next = row + 1
                self._enter(pair)
                return pair
        raise Unavailable(
            f"no free pair of ports at {address} from {self._ports.start} to {self._ports.stop}: "
            f"{len(self._taken)} of {len(self._ports)} are taken by calls of this node, "
            "the others by other programs"
        )

    def _enter(self, pair: PortPair) -> None:
        self._taken.add(pair.row)
        for is_rtcp, bound in ((False, pair.rtp), (True, pair.rtcp)):
            self._sockets[bound.fileno()] = (pair, is_rtcp)
            self._poll.register(bound.fileno(), select.EPOLLIN)

    def release(self, pair: PortPair) -> None:
        """Close both sockets of *pair*; another call may have its ports."""
        self._taken.discard(pair.row)
        for bound in (pair.rtp, pair.rtcp):
            self._poll.unregister(bound.fileno())
            del self._sockets[bound.fileno()]
            bound.close()

    def close(self) -> None:
        """Close every socket."""
        for pair in {pair for pair, _ in self._sockets.values()}:
            self.release(pair)
        self._poll.close()

    def arrivals(self) -> Iterator[Arrival]:
        """Give the packets that have arrived, one of each socket in turn, and do not wait."""
        for _ in range(_MOST_PACKETS_OF_A_TICK):
            ready = self._poll.poll(0, max(1, len(self._sockets)))
            if not ready:
                return
            for descriptor, _ in ready:
                pair, is_rtcp = self._sockets[descriptor]
                arrived = _receive(pair.rtcp if is_rtcp else pair.rtp)
                if arrived is not None:
                    yield pair, is_rtcp, *arrived


def canonical(address: str) -> str | None:
    """Give *address* as the system writes it; ``None`` where it is no IP address."""
    try:
        return str(ip_address(address))
    except ValueError:
        return None


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


def _receive(bound: socket.socket) -> tuple[bytes, Endpoint] | None:
    try:
        data, source = bound.recvfrom(_LONGEST_PACKET)
    except OSError:
        return None  # A peer's ICMP refusal of an earlier packet comes out here as well.
    return data, source[:2]


def _bind(row: int, address: str, port: int) -> PortPair | None:
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
    return PortPair(row, port, rtp, rtcp)


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
    if family == socket.AF_INET6:
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, _EXPEDITED_FORWARDING)
    else:
        bound.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, _EXPEDITED_FORWARDING)
