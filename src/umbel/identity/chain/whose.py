"""Whose chain it is: findings tell us what to do about ours, and whom to ask about the peer's."""

from dataclasses import dataclass
from datetime import datetime

from umbel.core.findings import Finding, Severity

from .certificate import Certificate
from .policy import CLIENT_AUTHENTICATION, ChainPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """The words for the owner of a chain and for its reader."""

    possessive: str
    """How its certificates are named: ``our``."""
    consequence: str
    """What comes of a chain that does not hold."""
    new_certificate: str
    """The cure that is a better certificate, completed by what it must have."""
    mended_chain: str
    """The cure that is in what is sent with the certificate, completed by what to do there."""
    anchors: str
    """The cure that is in the reader's trust, completed by what is missing there."""

    def certificate(self, certificate: Certificate) -> str:
        """Name one certificate of the chain."""
        return f"{self.possessive} certificate {certificate}"

    def issuer(self, certificate: Certificate) -> str:
        """Name an authority of the chain."""
        return f"{self.possessive} issuer {certificate}"


OURS = Whose(
    possessive="our",
    consequence="peers refuse TLS with this node",
    new_certificate="get this node a certificate {}: umbel certificate request",
    mended_chain="in the file that [tls] certificate names, {}",
    anchors="have the peer's administrator trust {}",
)
PEERS = Whose(
    possessive="the peer's",
    consequence="we refuse TLS with this peer",
    new_certificate="have the peer's administrator install a certificate {}",
    mended_chain="at the peer, in the file with its certificate, {}",
    anchors="if you trust it, add {} to the file that [tls] trust names",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The circumstances of reading a chain, for every check."""

    whose: Whose
    policy: ChainPolicy
    usage: str
    """The extended key usage that the role played needs."""
    at: datetime
    """The time of day, aware."""

    @property
    def is_lenient_with_clients(self) -> bool:
        """Whether this reader asks less of clients than others do."""
        return self.policy.as_client_usage != CLIENT_AUTHENTICATION

    def error(self, code: str, seen: str, *, do: str, rule: str, means: str = "") -> Finding:
        """Find what makes the chain fail."""
        means = means or self.whose.consequence
        return _finding(code, Severity.ERROR, seen, means=means, do=do, rule=rule)

    def warning(self, code: str, seen: str, *, means: str, do: str, rule: str) -> Finding:
        """Find what makes the chain fail with some, or soon."""
        return _finding(code, Severity.WARNING, seen, means=means, do=do, rule=rule)

    def info(self, code: str, seen: str, *, means: str, do: str, rule: str) -> Finding:
        """Find what is good to know."""
        return _finding(code, Severity.INFO, seen, means=means, do=do, rule=rule)


def _finding(
    code: str, severity: Severity, seen: str, *, means: str, do: str, rule: str
) -> Finding:
    return Finding(
        code=f"chain.{code}", severity=severity, seen=seen, means=means, do=do, rule=rule
    )
