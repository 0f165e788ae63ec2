"""All nodes and gateways side by side, in both directions: what a glance at a site shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from umbel.core.findings import Finding
from umbel.identity.handshake import Ending, HandshakeReport, Role
from umbel.identity.names import presented_names

from .attempt import Attempt
from .diagnosis import Diagnosis, Sightings, diagnosis_of
from .observation import Direction, Observation, PeeringState
from .peering import Peering
from .ranking import is_healthy, ranked
from .steps import Sight
from .summary import summary
from .verdict import verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One node and one gateway, in one direction."""

    sight: Sight
    text: str
    at: datetime | None = None
    """When it was seen; ``None``: just now, or never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """One node and one gateway."""

    node: str
    gateway: str
    to_gateway: Cell
    from_gateway: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDiagnosis:
    """What is known of every node and gateway."""

    diagnoses: tuple[Diagnosis, ...]
    """Of this node, made now; of the others, from what they remember."""
    own: tuple[Finding, ...] = ()
    """What is wrong with this node itself."""

    @property
    def rows(self) -> tuple[MatrixRow, ...]:
        """Give the matrix."""
        return tuple(map(matrix_row, self.diagnoses))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Give every finding, the worst first."""
        return ranked([*self.own, *(one for each in self.diagnoses for one in each.findings)])

    @property
    def summary(self) -> str:
        """Say in one sentence what is wrong and what to do."""
        ill = [one for one in self.diagnoses if not is_healthy(one.findings)]
        sentence = summary(self.findings, "Every gateway answers, and all that was seen is well")
        if len(ill) < 2:
            return sentence
        return f"{sentence} ({len(ill)} of {len(self.diagnoses)} rows have findings.)"


def matrix_row(diagnosis: Diagnosis) -> MatrixRow:
    """Give the short of a diagnosis."""
    return MatrixRow(
        node=diagnosis.node,
        gateway=diagnosis.peer,
        to_gateway=_to_gateway(diagnosis),
        from_gateway=_from_gateway(diagnosis),
    )


def remembered(
    observations: Iterable[Observation], peering: Peering, way: str, at: datetime
) -> Diagnosis:
    """Explain what another node saw last of a gateway."""
    by_direction = {one.direction: one for one in observations}
    last = by_direction.get(Direction.TO_GATEWAY)
    opened = by_direction.get(Direction.FROM_GATEWAY)
    attempt = last.attempt if last is not None else None
    seen = Sightings(
        at=last.at if last is not None else at,
        attempts=(attempt,) if attempt is not None else (),
        accepted=opened.handshake if opened is not None else None,
        is_live=False,
    )
    return diagnosis_of(peering, way, seen)


def own_chain_in(observations: Iterable[Observation]) -> tuple[bytes, ...]:
    """Give the certificates that a node showed when it was seen last, DER; empty: none were."""
    for one in observations:
        report = one.handshake or (one.attempt.handshake if one.attempt is not None else None)
        if report is not None and report.own_chain:
            return report.own_chain
    return ()


def _to_gateway(diagnosis: Diagnosis) -> Cell:
    attempts = [one for one in diagnosis.seen.attempts if not one.redirected_by]
    at = None if diagnosis.seen.is_live else diagnosis.seen.at
    if not attempts:
        return Cell(sight=Sight.NOT_REACHED, text="not tried yet")
    best = next((one for one in attempts if one.is_alive and not one.despite_refusal), attempts[0])
    state = verdict(best) or PeeringState.DOWN
    return Cell(sight=_sight(state, diagnosis), text=_state_in_words(state, best), at=at)


def _sight(state: PeeringState, diagnosis: Diagnosis) -> Sight:
    if state is PeeringState.UP:
        return Sight.GOOD if is_healthy(diagnosis.findings) else Sight.DOUBTFUL
    return Sight.DOUBTFUL if state is PeeringState.DRAINING else Sight.BAD


def _state_in_words(state: PeeringState, attempt: Attempt) -> str:
    return state.value if attempt.status is None else f"{state.value}, {attempt.status}"


def _from_gateway(diagnosis: Diagnosis) -> Cell:
    accepted, peering = diagnosis.seen.accepted, diagnosis.peering
    if not peering.uses_tls:
        return Cell(sight=Sight.NOT_REACHED, text="by address")
    if accepted is not None:
        return _as_seen(accepted)
    around = peering.around
    if around.model is None or not around.own_chain:
        return Cell(sight=Sight.NOT_REACHED, text="not seen yet")
    judgement = around.model.judge(presented_names(around.own_chain[0]), our_role=Role.SERVER)
    text = f"by rule {judgement.rule.name}: {judgement.verdict.value}"
    return Cell(sight=Sight.DOUBTFUL if judgement.is_accepted else Sight.BAD, text=text)


def _as_seen(accepted: HandshakeReport) -> Cell:
    is_good = accepted.ending is Ending.SUCCEEDED and accepted.verify_code == 0
    text = "it called us" if is_good else accepted.ending.value
    return Cell(sight=Sight.GOOD if is_good else Sight.BAD, text=text, at=accepted.at)


def in_order(diagnoses: Sequence[Diagnosis]) -> tuple[Diagnosis, ...]:
    """Sort by node, this one first, then by gateway."""
    return tuple(sorted(diagnoses, key=lambda one: (not one.seen.is_live, one.node, one.peer)))
