"""Where SIP is taken: what a person asks for, the sockets that serve it, and what can be wrong."""

import asyncio
import errno
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from umbel.core.addresses import is_ip_address
from umbel.core.errors import Mistake, Unavailable
from umbel.sip.hop import Transport

from .layer import Address, shown
from .udp import UdpSocket

_HEARD: Final = 4096
"""UDP peers of whom we remember at which socket they reached us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """One address that SIP is taken on."""

    transport: Transport
    address: str
    """An IP address of this machine; ``0.0.0.0`` and ``::`` mean all of their family."""
    port: int
    """0 for one that is free."""
    requires_client_certificate: bool = False
    """Refuse a TLS peer without a good certificate by an alert; otherwise it is asked for one, and
    its first request can be answered with what is wrong."""

    def __str__(self) -> str:
        """Name it as people do."""
        return f"{self.transport} {shown((self.address, self.port))}"


class Listening:
    """The sockets that take connections and datagrams."""

    def __init__(self) -> None:
        self.servers: list[asyncio.Server] = []
        self.sockets: list[UdpSocket] = []
        self._heard: OrderedDict[Address, UdpSocket] = OrderedDict()

    def note_heard(self, remote: Address, at: UdpSocket) -> None:
        """Remember at which socket a peer reached us last: its firewall expects us from there."""
        self._heard[remote] = at
        self._heard.move_to_end(remote)
        if len(self._heard) > _HEARD:
            self._heard.popitem(last=False)

    def udp_socket_towards(self, remote: Address, local: Address | None = None) -> UdpSocket:
        """Choose the socket that a datagram leaves from: *local* of ours, where it is said."""
        chosen = self._bound_to(local) or self._heard.get(remote)
        if chosen is not None:
            return chosen
        if not is_ip_address(remote[0]):
            raise Unavailable(f"UDP to {remote[0]}: a name, not an IP address")
        for candidate in self.sockets:
            if candidate.reaches(remote[0]):
                return candidate
        raise Unavailable(
            f"UDP to {shown(remote)}: this node has no UDP listener whose address leads there"
        )

    def _bound_to(self, local: Address | None) -> UdpSocket | None:
        return next((one for one in self.sockets if one.local == local), None)

    def close(self) -> None:
        """Take nothing more."""
        for server in self.servers:
            server.close()
        for listening in self.sockets:
            listening.close()
        self.servers.clear()
        self.sockets.clear()
        self._heard.clear()


def check_address(listener: Listener) -> None:
    """Refuse what is no IP address: a name might mean another machine tomorrow."""
    if not is_ip_address(listener.address):
        raise Mistake(f'"{listener.address}"', expected="an IP address", where="listener")


def cannot_listen(listener: Listener, error: OSError) -> Mistake:
    """Tell the person who chose the address what is wrong with it."""
    port = listener.port
    match error.errno:
        case errno.EADDRINUSE:
            found, expected = f"port {port} in use", "a free port"
            do = f"find its user with: ss -lpn 'sport = :{port}', or choose another port"
        case errno.EADDRNOTAVAIL:
            found, expected = f"{listener.address}", "an address of this machine"
            do = "see them with: ip address; or use 0.0.0.0 or :: for all"
        case errno.EACCES:
            found, expected = f"port {port}, which this user may not use", "a port from 1024 on"
            do = "or give the service the capability CAP_NET_BIND_SERVICE"
        case _:
            found, expected, do = error.strerror or str(error), "an address to listen on", ""
    return Mistake(found, expected=expected, where=f"listener {listener}", do=do)
