"""What a kind of reader asks of a certificate chain, as data with its source."""

from dataclasses import dataclass
from typing import Final

from umbel.identity.handshake import Role

SERVER_AUTHENTICATION: Final = "serverAuth"
CLIENT_AUTHENTICATION: Final = "clientAuth"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainPolicy:
    """Where readers of chains differ."""

    reader: str
    """Who reads, as the subject of a sentence."""
    source: str
    as_server_usage: str = SERVER_AUTHENTICATION
    """The extended key usage demanded of a certificate that is played as server."""
    as_client_usage: str = CLIENT_AUTHENTICATION
    needs_distribution_point: bool = False
    accepts_pss: bool = True
    accepts_sha1: bool = False
    least_rsa_bits: int = 2048
    documented_rsa_bits: tuple[int, ...] = ()
    """The only sizes that the source names; empty: no such limit."""
    knows_elliptic_curves: bool = True
    accepts_self_signed: bool = True
    """Whether a self-signed certificate may be its own trust anchor."""

    def usage(self, played: Role) -> str:
        """Give the extended key usage that a certificate needs for the role that it plays."""
        return self.as_server_usage if played is Role.SERVER else self.as_client_usage


PKIX_CHAIN: Final = ChainPolicy(reader="OpenSSL", source="RFC 5280; OpenSSL at security level 2")
"""What Umbel itself asks, and every peer on a current OpenSSL."""

LYNC_CHAIN: Final = ChainPolicy(
    reader="Lync",
    source="Lync Server 2013, Public key infrastructure",
    as_client_usage=SERVER_AUTHENTICATION,
    needs_distribution_point=True,
    accepts_pss=False,
    accepts_sha1=True,
    least_rsa_bits=1024,
    documented_rsa_bits=(1024, 2048, 4096),
    knows_elliptic_curves=False,
    accepts_self_signed=False,
)
"""Server authentication is essential for both roles; client authentication is not asked for."""
