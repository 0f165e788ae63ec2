"""UDP sockets (RFC 3261 section 18): a datagram is a message, and ICMP says who is not there.

Plain non-blocking sockets instead of asyncio's transports, because with those a refusal that one
peer caused swallows the next datagram to another.
"""

import asyncio
import contextlib
import errno
import os
import socket
import struct
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

from umbel.core.errors import Unavailable
from umbel.core.instants import Clock, Duration, Instant

from .layer import Address, shown
from .socket_room import ask_for_room

LARGEST: Final = 65_535
"""Bytes of the largest datagram that can come."""
_AT_ONCE: Final = 64
"""Datagrams read before other work has its turn."""
_BUFFER: Final = 1 << 23
"""Bytes of kernel buffer asked for: a thousand calls that come at once wait in it for their turn."""

_IP_RECVERR: Final = 11
_IPV6_RECVERR: Final = 25
_EXTENDED_ERROR: Final = struct.Struct("=IBBBBII")
"""The kernel's ``sock_extended_err``: error number, origin, type, code, padding, info, data."""
_EXTENDED_ERRORS: Final = (
    (socket.IPPROTO_IP, _IP_RECVERR),
    (socket.IPPROTO_IPV6, _IPV6_RECVERR),
)
"""Level and type of the ancillary data that carries one."""
_FROM_ICMP: Final = (2, 3)
"""Origins SO_EE_ORIGIN_ICMP and SO_EE_ORIGIN_ICMP6."""

_REFUSALS: Final = 1024
_REFUSAL_COUNTS: Final[Duration] = 5.0
"""A refusal says something about the next seconds only; the peer may be starting."""


class UdpSocket:
    """A bound socket that takes and sends datagrams."""

    def __init__(
        self, bound: socket.socket, on_datagram: Callable[[bytes, Address], None], clock: Clock
    ) -> None:
        self._socket = bound
        self._on_datagram = on_datagram
        self._refusals = _Refusals(clock)
        self.local: Address = bound.getsockname()[:2]
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(bound, self._read)

    def reaches(self, address: str) -> bool:
        """Say whether a datagram from this socket can go to *address*: same family and scope."""
        here, there = ip_address(self.local[0]), ip_address(address)
        if here.version != there.version:
            return False
        return there.is_loopback or not here.is_loopback

    def send(self, octets: bytes, to: Address) -> None:
        """Send a datagram, or raise ``Unavailable`` where it is known not to arrive."""
        self._refusals.raise_if_known(to)
        try:
            self._send_past_old_errors(octets, to)
        except BlockingIOError as error:
            raise Unavailable(f"UDP to {shown(to)}: the send buffer is full") from error
        except OSError as error:
            raise Unavailable(f"UDP to {shown(to)}: {error.strerror or error}") from error
        if self._has_error():
            self._drain_errors()
            self._refusals.raise_if_known(to)

    def close(self) -> None:
        """Take and send nothing more."""
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _send_past_old_errors(self, octets: bytes, to: Address) -> None:
        try:
            self._socket.sendto(octets, to)
        except OSError:
            # It may tell what became of an earlier datagram, and has not sent this one.
            if not self._drain_errors():
                raise
            self._socket.sendto(octets, to)

    def _read(self) -> None:
        """Take what has come, and the errors, which also wake the loop until they are read."""
        for count in range(_AT_ONCE):
            try:
                octets, source = self._socket.recvfrom(LARGEST)
            except (BlockingIOError, InterruptedError):
                if not count:
                    self._drain_errors()
                return
            except OSError:
                self._drain_errors()
                continue
            self._on_datagram(octets, source[:2])

    def _has_error(self) -> bool:
        """Say whether an error was queued since the last one was told: asked after each datagram."""
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0

    def _drain_errors(self) -> int:
        """Read the error queue empty; give the number of errors."""
        count = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                _, ancillary, _, to = self._socket.recvmsg(0, 512, socket.MSG_ERRQUEUE)
                count += 1
                for one in ancillary:
                    if (number := _icmp_error(*one)) is not None:
                        self._refusals.note(to[:2], number)
        return count


class _Refusals:
    """Which addresses ICMP said to be unreachable a moment ago, and how."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: OrderedDict[Address, tuple[Instant, int]] = OrderedDict()

    def note(self, address: Address, number: int) -> None:
        self._seen[address] = self._clock.now(), number
        if len(self._seen) > _REFUSALS:
            self._seen.popitem(last=False)

    def raise_if_known(self, address: Address) -> None:
        if not self._seen:
            return
        at, number = self._seen.pop(address, (None, 0))
        if at is not None and self._clock.now() - at <= _REFUSAL_COUNTS:
            reason = f"{os.strerror(number).lower()}, says ICMP"
            raise Unavailable(f"UDP to {shown(address)}: {reason}")


def _icmp_error(level: int, kind: int, octets: bytes) -> int | None:
    """Give the error number of an ICMP message that says that a peer cannot be reached."""
    if (level, kind) not in _EXTENDED_ERRORS or len(octets) < _EXTENDED_ERROR.size:
        return None
    number, origin, *_rest = _EXTENDED_ERROR.unpack_from(octets)
    if origin not in _FROM_ICMP or number == errno.EMSGSIZE:
        return None  # A datagram that must be fragmented: the kernel does so at the next attempt.
    return int(number)


def bind(address: str, port: int) -> socket.socket:
    """Give a socket bound to the address, that learns of ICMP errors; ``OSError`` otherwise."""
    is_ipv6 = ip_address(address).version == 6
    bound = socket.socket(socket.AF_INET6 if is_ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.setblocking(False)
        ask_for_room(bound, _BUFFER)
        if is_ipv6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            bound.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
        else:
            bound.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        bound.bind((address, port))
    except OSError:
        bound.close()
        raise
    return bound
