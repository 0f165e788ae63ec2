"""Judging presented names by a rule: which matched, by which clause, and why the others did not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from .comparison import Outcome, Reason, compare_name, together
from .handshake import Role
from .name_kind import NameKind
from .names import PresentedNames
from .reference import Reference
from .rules import Counting, Demand, Rule, SeveralCommonNames, When
from .sip_domain import sip_domain


class Verdict(StrEnum):
    """What a rule says of a certificate's names."""

    ACCEPTED = "accepted"
    DEPENDS = "depends on the peer"
    """The rule's source permits it without demanding it, or leaves it open."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a rule says of presented names, with every reason."""

    rule: Rule
    judge: Role
    """The role of the side that judges."""
    verdict: Verdict
    reasons: tuple[Reason, ...]
    """One for each presented name, in the order in which the rule looks at them."""
    references: tuple[Reference, ...]

    @property
    def is_accepted(self) -> bool:
        """Whether the names will do, at least for a judge who goes as far as the rule permits."""
        return self.verdict is not Verdict.REFUSED

    @property
    def matches(self) -> tuple[Reason, ...]:
        """Give the reasons that speak for the certificate."""
        return tuple(reason for reason in self.reasons if reason.is_match)

    def __str__(self) -> str:
        if self.rule.demand(self.judge).accepts_every_name:
            return f"{self.rule.name}: accepted, for no name is looked at"
        because = together(self.matches if self.is_accepted else self.reasons)
        return (
            f"{self.rule.name}: {self.verdict.value}, because {because or 'no name is presented'}"
        )


def judge(
    rule: Rule, names: PresentedNames, references: Iterable[Reference], *, judge: Role
) -> Judgement:
    """Judge *names* as a peer that goes by *rule* and plays the role *judge* would."""
    looked_for = tuple(references)
    demand = rule.demand(judge)
    reasons = tuple(_reasons(demand, names, looked_for))
    return Judgement(
        rule=rule,
        judge=judge,
        verdict=_verdict(demand, reasons),
        reasons=reasons,
        references=looked_for,
    )


def _verdict(demand: Demand, reasons: tuple[Reason, ...]) -> Verdict:
    outcomes = {reason.outcome for reason in reasons}
    if demand.accepts_every_name:
        return Verdict.ACCEPTED
    if Outcome.MATCHED in outcomes:
        return _unless_ambiguous(demand, reasons)
    return Verdict.DEPENDS if Outcome.MAY_MATCH in outcomes else Verdict.REFUSED


def _unless_ambiguous(demand: Demand, reasons: tuple[Reason, ...]) -> Verdict:
    """Accept, unless the peer may as well read another common name than the one that matched."""
    matching = {reason.kind for reason in reasons if reason.outcome is Outcome.MATCHED}
    common = {reason.outcome for reason in reasons if reason.kind is NameKind.COMMON}
    if demand.several_common_names is SeveralCommonNames.ANY or matching != {NameKind.COMMON}:
        return Verdict.ACCEPTED
    return Verdict.ACCEPTED if common == {Outcome.MATCHED} else Verdict.DEPENDS


def _reasons(
    demand: Demand, names: PresentedNames, references: tuple[Reference, ...]
) -> Iterator[Reason]:
    counted = {counting.kind: counting for counting in demand.countings}
    # A key is no name: only where it is pinned does it say anything that it does not match.
    others = (kind for kind in NameKind if kind not in {*counted, NameKind.PUBLIC_KEY})
    order = [*counted, *others]
    for kind in order:
        counting = counted.get(kind)
        for name in names_of(names, kind):
            if counting is None:
                yield _not_counted(kind, name, demand)
            else:
                yield _reason(demand, counting, names, name, references)


def _reason(
    demand: Demand,
    counting: Counting,
    names: PresentedNames,
    name: str,
    references: tuple[Reference, ...],
) -> Reason:
    why_not = _condition_failed(counting.when, demand, names)
    if counting.kind is NameKind.COMMON and name in names.joint_common_names:
        why_not = why_not or _joint(demand)
    if why_not is None:
        return compare_name(demand, counting, name, references)
    return Reason(
        kind=counting.kind,
        presented=name,
        outcome=Outcome.NOT_COUNTED,
        why=why_not,
        clause=counting.clause,
    )


def _joint(demand: Demand) -> str | None:
    if demand.counts_joint_common_names:
        return None
    return "a common name that shares its RDN with another attribute is no CN-ID (section 1.8)"


def _not_counted(kind: NameKind, name: str, demand: Demand) -> Reason:
    return Reason(
        kind=kind,
        presented=name,
        outcome=Outcome.NOT_COUNTED,
        why="it is not looked at",
        clause=demand.otherwise,
    )


def _condition_failed(when: When, demand: Demand, names: PresentedNames) -> str | None:
    """Say why a kind of name does not count in this certificate; ``None``: it does."""
    match when:
        case When.ALWAYS:
            fails = False
        case When.WITHOUT_SIP_URIS:
            fails = any(sip_domain(uri, demand.schemes).host for uri in names.uris)
        case When.WITHOUT_ALTERNATIVE_NAMES:
            fails = names.has_alternative_names
        case When.WITHOUT_USABLE_ALTERNATIVES:
            fails = bool(names.dns_names or names.service_names or names.uris)
    return f"it counts {when.value}" if fails else None


def names_of(names: PresentedNames, kind: NameKind) -> tuple[str, ...]:
    """Give the presented names of one kind."""
    match kind:
        case NameKind.URI:
            return names.uris
        case NameKind.DNS:
            return names.dns_names
        case NameKind.IP:
            return names.ip_addresses
        case NameKind.SERVICE:
            return names.service_names
        case NameKind.COMMON:
            return names.common_names
        case NameKind.PUBLIC_KEY:
            return (names.public_key_pin,) if names.public_key_pin else ()
        case NameKind.OTHER:
            return names.other_names
