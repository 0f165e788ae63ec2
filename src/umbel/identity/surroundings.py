"""What is known around a handshake: who we are, whom we meant, and what both sides ask for."""

from dataclasses import dataclass, replace

from umbel.core.findings import Finding, Severity

from .chain.policy import PKIX_CHAIN
from .chains import Trust
from .demands import OurDemand, PeersDemand
from .handshake import HandshakeReport, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is known around a handshake."""

    node: str
    """The FQDN of this node."""
    gateway: str
    """Whom we take the peer for: a gateway's name, or an address."""
    own_chain: tuple[bytes, ...] = ()
    """What this node shows to TLS peers, DER, leaf first; a report has what it did show."""
    trust: Trust
    """What this node verifies the peer's chain with."""
    demand: OurDemand | None = None
    """What we ask of the peer's names; ``None``: nothing is configured."""
    model: PeersDemand | None = None
    """What we believe the peer to ask of ours; ``None``: we know nothing of its kind."""
    peers_trust: Trust | None = None
    """What the peer verifies ours with; ``None``: unknown, so taken to be as ours."""

    @property
    def presumed_trust(self) -> Trust:
        """Give what the peer probably reads our chain with: its kind of peer sets the policy."""
        if self.peers_trust is not None:
            return self.peers_trust
        policy = self.model.rule.chain if self.model is not None else PKIX_CHAIN
        return replace(self.trust, policy=policy, revocation_lists=())

    @property
    def rule(self) -> str:
        """Name the rule that the peer goes by, for the last line of a finding."""
        return f"rule {self.model.rule.name}" if self.model is not None else "no rule is configured"


def failure(
    report: HandshakeReport, code: str, *, seen: str, means: str, do: str, rule: str
) -> Finding:
    """Find what ended a handshake; the evidence begins with where it was seen."""
    return Finding(
        code=f"handshake.{code}",
        severity=Severity.ERROR,
        seen=f"{who(report)}: {seen}",
        means=means,
        do=do,
        rule=rule,
    )


def who(report: HandshakeReport) -> str:
    """Say which connection it was."""
    address, port = report.remote
    place = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return f"to {place}" if report.role is Role.CLIENT else f"from {place}"
