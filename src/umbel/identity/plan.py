"""``certificate plan``: which design of certificates works with which gateway, and which is best."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from .demands import PeersDemand
from .handshake import Role
from .judgement import Judgement, Verdict
from .name_kind import NameKind
from .plan_answers import Answer, answers
from .plan_designs import (
    Cluster,
    Consequences,
    Design,
    certificate_names,
    consequences,
    planned_pin,
)
from .rules import Rule

__all__ = [
    "CertificatePlan",
    "Cluster",
    "Crossing",
    "DesignResult",
    "PlannedGateway",
    "certificate_plan",
]

_ORDER: Final = tuple(Design)
"""Designs by preference where all else is equal: own keys before shared, few names before many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedGateway:
    """A gateway, as far as certificates are concerned."""

    name: str
    rule: Rule
    dials: tuple[str, ...] = ()
    """The names by which it reaches the nodes; empty: each node by its FQDN."""
    knows: tuple[str, ...] = ()
    """The names that it trusts as servers; empty: the FQDN of every node."""

    def model(self, cluster: Cluster, node: str, design: Design) -> PeersDemand:
        """
        Give what the gateway asks of one node.

        Where it goes by keys, its administrator is taken to name those that the design makes.
        """
        if self.rule.as_server.counting(NameKind.PUBLIC_KEY) is not None:
            pins = [f"sha256:{planned_pin(design, one)}" for one in cluster.nodes]
            return PeersDemand.of(self.rule, dials=pins, knows=pins)
        return PeersDemand.of(
            self.rule, dials=self.dials or (node,), knows=self.knows or cluster.nodes
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """One node and one gateway, in one direction."""

    node: str
    gateway: str
    our_role: Role
    """``SERVER``: the gateway calls the node; ``CLIENT``: the node calls the gateway."""
    judgement: Judgement

    @property
    def verdict(self) -> Verdict:
        """Whether the gateway accepts the node."""
        return self.judgement.verdict

    @property
    def direction(self) -> str:
        """Say who connects to whom."""
        if self.our_role is Role.SERVER:
            return f"{self.gateway} to {self.node}"
        return f"{self.node} to {self.gateway}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignResult:
    """What becomes of every crossing under one design."""

    design: Design
    crossings: tuple[Crossing, ...]
    consequences: Consequences

    def count(self, verdict: Verdict) -> int:
        """Count the crossings with this verdict."""
        return sum(crossing.verdict is verdict for crossing in self.crossings)

    @property
    def works(self) -> bool:
        """Whether every gateway accepts every node in both directions, for certain."""
        return self.count(Verdict.ACCEPTED) == len(self.crossings)

    @property
    def failures(self) -> tuple[Crossing, ...]:
        """Give the crossings that do not surely work."""
        return tuple(one for one in self.crossings if one.verdict is not Verdict.ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatePlan:
    """Every design side by side, the one that is recommended, and why."""

    cluster: Cluster
    results: tuple[DesignResult, ...]
    recommended: Design
    reasons: tuple[str, ...]
    answers: tuple[Answer, ...]

    def result(self, design: Design) -> DesignResult:
        """Give what becomes of one design."""
        return next(result for result in self.results if result.design is design)


def certificate_plan(cluster: Cluster, gateways: Sequence[PlannedGateway]) -> CertificatePlan:
    """Try every design with every node, gateway and direction; recommend one."""
    results = tuple(_result(design, cluster, gateways) for design in Design)
    best = min(results, key=_rank)
    return CertificatePlan(
        cluster=cluster,
        results=results,
        recommended=best.design,
        reasons=tuple(_reasons(best, results)),
        answers=answers(
            shared_failures=[one.direction for one in _of(results, Design.SHARED).failures],
            own_works=any(one.works for one in results if not one.design.is_shared),
            nodes=len(cluster.nodes),
        ),
    )


def _result(design: Design, cluster: Cluster, gateways: Iterable[PlannedGateway]) -> DesignResult:
    return DesignResult(
        design=design,
        crossings=tuple(
            _crossing(design, cluster, node, gateway, our_role)
            for gateway in gateways
            for node in cluster.nodes
            for our_role in (Role.SERVER, Role.CLIENT)
        ),
        consequences=consequences(design, cluster.nodes),
    )


def _crossing(
    design: Design, cluster: Cluster, node: str, gateway: PlannedGateway, our_role: Role
) -> Crossing:
    names = certificate_names(design, cluster, node)
    model = gateway.model(cluster, node, design)
    return Crossing(
        node=node,
        gateway=gateway.name,
        our_role=our_role,
        judgement=model.judge(names, our_role=our_role),
    )


def _rank(result: DesignResult) -> tuple[int, int, int]:
    """Rank a design: fewest refusals, then fewest doubts, then by preference; the least is best."""
    return (
        result.count(Verdict.REFUSED),
        result.count(Verdict.DEPENDS),
        _ORDER.index(result.design),
    )


def _of(results: Iterable[DesignResult], design: Design) -> DesignResult:
    return next(result for result in results if result.design is design)


def _reasons(best: DesignResult, results: Iterable[DesignResult]) -> Iterator[str]:
    """Say why the best design is recommended, and what speaks against each other one."""
    total = len(best.crossings)
    yield f"{best.design.value}: {best.count(Verdict.ACCEPTED)} of {total} connections are accepted"
    yield f"shared is {best.consequences.shared}; if a key leaks, {best.consequences.leak}"
    for crossing in best.failures:
        yield f"{crossing.direction} still fails: {crossing.judgement}"
    for result in results:
        if result is not best:
            yield _against(result)


def _against(result: DesignResult) -> str:
    """Say what speaks against a design: what fails with it, or what it costs without a gain."""
    name = f"not {result.design.value}:"
    if result.failures:
        first = result.failures[0]
        return (
            f"{name} {len(result.failures)} of {len(result.crossings)} connections are refused or "
            f"doubtful, such as {first.direction} ({first.judgement})"
        )
    if result.design.is_shared:
        return f"{name} it works, but {result.consequences.leak}"
    return f"{name} it works as well; names that nobody looks for only widen a leak"
