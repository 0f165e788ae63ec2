"""What a user agent says of itself: Via, Contact and the headers of its abilities."""

from dataclasses import dataclass, field

from umbel.core.addresses import read_ip_address
from umbel.core.errors import Misuse
from umbel.core.instants import Duration
from umbel.sip.address import Address
from umbel.sip.hop import Hop, Transport
from umbel.sip.transaction.timers import Timing
from umbel.sip.uri import Uri
from umbel.sip.via import Via


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalAddress:
    """Where peers reach us by one transport."""

    transport: Transport
    host: str
    """As Via and Contact name it: an FQDN, or an IP address without brackets."""
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalIdentity:
    """Who we are towards every peer."""

    addresses: tuple[LocalAddress, ...]
    """By preference; more than one of a transport where it is served by IPv4 and IPv6."""
    user: str = "umbel"
    """The user part of our Contact."""
    product: str = "Umbel"
    """What User-Agent and Server say."""

    def towards(self, transport: Transport, address: str) -> LocalAddress:
        """Choose the address of ours that a peer at *address* can reach by *transport*."""
        known = [ours for ours in self.addresses if ours.transport is transport]
        if not known:
            raise Misuse(f"the local identity has no address for {transport}")
        return next((ours for ours in known if _same_family(ours.host, address)), known[0])

    def via(self, hop: Hop, branch: str) -> Via:
        """Give the Via of a request over *hop* (RFC 3261 section 8.1.1.7, RFC 3581)."""
        ours = self.towards(hop.transport, hop.address)
        return Via(
            transport=hop.transport,
            host=ours.host,
            port=ours.port,
            parameters={"branch": branch, "rport": None},
        )

    def contact(self, transport: Transport, address: str, *, secure: bool = False) -> Address:
        """Give the Contact for a peer at *address*; a sips one where the dialog is secure."""
        ours = self.towards(transport, address)
        parameters = {} if transport is Transport.UDP else {"transport": transport.lower()}
        uri = Uri(
            scheme="sips" if secure else "sip",
            user=self.user,
            host=ours.host,
            port=ours.port,
            parameters=parameters,
        )
        return Address(uri=uri)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How patient and how strict a user agent is. Seconds."""

    timing: Timing = field(default_factory=Timing)
    session_interval: int = 1800
    """The session interval that we ask for (RFC 4028); 0: we ask for none."""
    minimum_session_interval: int = 90
    """The shortest that we accept; RFC 4028 allows no less than 90."""
    transfer_silence: Duration = 120.0
    """How long a peer may tell nothing about a REFER that it accepted."""
    most_redirections: int = 5
    """How many 3xx answers one call follows."""
    retry_after: int = 30
    """What a caller is told while we do not accept calls."""
    ring_again: Duration = 60.0
    """How often 180 is repeated, so that proxies do not lose patience (section 13.3.1.1)."""
    follows_transfers: bool = False
    """Whether a REFER is put before the application; a server lets nobody send it elsewhere."""
    largest_datagram: int = 1300
    """Longer requests go by TCP instead of UDP (section 18.1.1)."""


def _same_family(host: str, address: str) -> bool:
    try:
        return read_ip_address(host).version == read_ip_address(address).version
    except ValueError:
        return True  # A name leads to both families.
