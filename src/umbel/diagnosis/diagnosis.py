"""What a diagnosis says in the end: findings, the worst first, and one sentence to act on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from umbel.core.findings import Finding
from umbel.identity.handshake import HandshakeReport
from umbel.identity.handshake_findings import handshake_findings

from .attempt import Attempt
from .attempt_findings import attempts_findings
from .call_findings import call_findings
from .call_steps import call_steps
from .call_trial import CallTrial
from .peering import Peering
from .ranking import ranked
from .rule_findings import rule_findings
from .steps import StepSeen, steps_seen
from .strangers import in_words_for
from .summary import summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Sightings:
    """What is known of a peer from both directions."""

    at: datetime
    """When it was looked."""
    attempts: tuple[Attempt, ...] = ()
    """Our tries to reach it; empty: there was none."""
    accepted: HandshakeReport | None = None
    """The last handshake that it opened to us; ``None``: none is known."""
    call: CallTrial | None = None
    """The test call; ``None``: none was made."""
    wants_call: bool = False
    """Whether somebody asked for a test call."""
    is_live: bool = True
    """Whether it was looked for this diagnosis; otherwise it is what a node remembers."""

    @property
    def reports(self) -> Iterator[HandshakeReport]:
        """Give every handshake that was seen."""
        yield from (one.handshake for one in self.attempts if one.handshake is not None)
        if self.accepted is not None:
            yield self.accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What was found about one node and one peer."""

    peering: Peering
    way: str
    """How the peer is reached, as ``pbx.example.org:5061 over TLS``."""
    seen: Sightings
    steps: tuple[StepSeen, ...]
    findings: tuple[Finding, ...]
    """The worst first."""

    @property
    def node(self) -> str:
        """Give the FQDN of the node."""
        return self.peering.around.node

    @property
    def peer(self) -> str:
        """Give the gateway's name, or an address."""
        return self.peering.gateway

    @property
    def summary(self) -> str:
        """Say in one sentence what is wrong and what to do."""
        return summary(self.findings, f"{self.peer} answers, and all that was seen is well")


def diagnosis_of(
    peering: Peering, way: str, seen: Sightings, more: Iterable[Finding] = ()
) -> Diagnosis:
    """Explain what was seen of a peer, with what else was found about it."""
    return Diagnosis(
        peering=peering,
        way=way,
        seen=seen,
        steps=tuple(_steps(peering, seen)),
        findings=ranked(in_words_for(peering, [*_explained(peering, seen), *more])),
    )


def _steps(peering: Peering, seen: Sightings) -> Iterator[StepSeen]:
    yield from steps_seen(seen.attempts, peering, seen.accepted)
    if seen.wants_call:
        yield from call_steps(seen.call)


def _explained(peering: Peering, seen: Sightings) -> Iterator[Finding]:
    yield from attempts_findings(seen.attempts, peering)
    if seen.accepted is not None:
        yield from handshake_findings(seen.accepted, peering.around)
    if seen.call is not None:
        yield from call_findings(seen.call, peering)
    if peering.uses_tls:
        yield from rule_findings(list(seen.reports), peering, seen.at)
