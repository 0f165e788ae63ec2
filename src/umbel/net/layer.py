"""What lies between a TCP connection and SIP: nothing (here), or TLS (``tls``)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from umbel.core.instants import Clock
from umbel.identity import tls_messages
from umbel.identity.handshake import Ending, HandshakeReport, Role
from umbel.identity.tls_hello import read_client_hello
from umbel.sip.host import write_host

Address = tuple[str, int]
"""An IP address as text, and a port."""


def shown(address: Address) -> str:
    """Write an address as SIP and people do: ``192.0.2.1:5060``, ``[2001:db8::1]:5060``."""
    return write_host(*address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """The two ends of a connection."""

    local: Address
    remote: Address


class LayerEnded(Exception):
    """The layer can carry nothing more: a refusal, a close, or bytes that make no sense."""

    def __init__(self, ending: Ending, detail: str) -> None:
        super().__init__(detail)
        self.ending, self.detail = ending, detail


class Layer(Protocol):
    """Turns what the network brings into what SIP reads, and back. Does no I/O itself."""

    @property
    def is_ready(self) -> bool:
        """Whether SIP can be sent: its handshake, where it has one, is done."""
        ...

    @property
    def progress(self) -> str:
        """How far its handshake came, as the end of a sentence."""
        ...

    def begin(self) -> None:
        """Start: the connection below is open."""
        ...

    def receive(self, octets: bytes) -> Iterator[bytes]:
        """Take bytes from the network and give those of SIP; raise ``LayerEnded`` at the end."""
        ...

    def send(self, octets: bytes) -> None:
        """Take bytes of SIP for the network; only when ready."""
        ...

    def finish(self) -> None:
        """Say good-bye where the layer has words for it."""
        ...

    def take_output(self) -> bytes:
        """Give what the network is to be told now."""
        ...

    def report(self, ends: Ends, ending: Ending, detail: str) -> HandshakeReport | None:
        """Report how the handshake ended; ``None`` where there was nothing of TLS."""
        ...


_AS_TLS_DOES = "as a TLS server does that is spoken to without TLS"
"""OpenSSL, and so most servers, hang up without an alert on what is no TLS at all."""

_FIRST_RECORD = 5 + 16_384
"""Bytes of a TLS record, at most: a ClientHello that we can read is in one."""


class PlainLayer:
    """TCP without TLS. Looks at the first bytes only, for peers that try TLS here."""

    is_ready = True

    def __init__(self, role: Role, clock: Clock) -> None:
        self._role = role
        self._clock = clock
        self._first: bytes | None = None
        """What the peer began with, as far as it is TLS and a report may tell of it."""
        self._output = bytearray()

    @property
    def progress(self) -> str:
        """Say that nothing has come; from a server that may mean that it waits for TLS."""
        nothing = "before the first message"
        return nothing if self._role is Role.SERVER else f"{nothing}, {_AS_TLS_DOES}"

    def begin(self) -> None:
        """Do nothing: TCP is all there is."""

    def receive(self, octets: bytes) -> Iterator[bytes]:
        """Hand the bytes through, unless the peer begins with TLS."""
        if self._first is None:
            is_tls = tls_messages.looks_like_tls(octets)
            self._first = octets[:_FIRST_RECORD] if is_tls else b""
            if is_tls:
                raise LayerEnded(Ending.NOT_TLS, self._tls_instead())
        yield octets

    def send(self, octets: bytes) -> None:
        """Hand the bytes through."""
        self._output += octets

    def finish(self) -> None:
        """Do nothing: closing TCP says it."""

    def take_output(self) -> bytes:
        """Give what the network is to be told now."""
        output = bytes(self._output)
        self._output.clear()
        return output

    def report(self, ends: Ends, ending: Ending, detail: str) -> HandshakeReport | None:
        """Report a peer that tried TLS; there is no handshake otherwise."""
        if ending is not Ending.NOT_TLS:
            return None
        first = self._first or b""
        offer = read_client_hello(tls_messages.client_hello_in(first) or b"")
        alert = tls_messages.alert_in(first)
        return HandshakeReport(
            role=self._role,
            local=ends.local,
            remote=ends.remote,
            at=self._clock.wall(),
            took=0.0,
            ending=ending,
            detail=detail,
            versions_offered=offer.versions if offer else (),
            ciphers_offered=offer.cipher_suites if offer else (),
            server_name=offer.server_name if offer else None,
            alerts=(alert,) if alert else (),
        )

    def _tls_instead(self) -> str:
        if self._role is Role.CLIENT:
            return "this port, which we reach by plain TCP, answers with TLS"
        return "the peer begins with TLS on a port that takes plain TCP"
