"""One presented name beside the reference identities: a match, or why it is none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from .domain_name import Comparison, as_ip_address, compare
from .name_kind import NameKind
from .reference import Reference, ReferenceKind
from .rules import Counting, Demand
from .sip_domain import sip_domain
from .subject import escape

_SHOWN = 6
"""Of many reference identities, a reason names this many."""


class Outcome(StrEnum):
    """What became of one presented name."""

    MATCHED = "matched"
    MAY_MATCH = "may match"
    """The source permits the match without demanding it."""
    DIFFERENT = "different"
    NOT_COUNTED = "not counted"
    """The rule does not look at it, or not in this certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What became of one presented name, and why."""

    kind: NameKind
    presented: str
    outcome: Outcome
    why: str
    """The second half of a sentence that begins with the name."""
    clause: str
    """Who says so."""
    matched: Reference | None = None

    @property
    def is_match(self) -> bool:
        """Whether it speaks for the certificate."""
        return self.outcome in (Outcome.MATCHED, Outcome.MAY_MATCH)

    def __str__(self) -> str:
        return together([self])


def together(reasons: Iterable[Reason]) -> str:
    """Tell several reasons in one sentence; names that share their fate are told together."""
    groups: dict[tuple[NameKind, str, str], list[str]] = {}
    for reason in reasons:
        same = groups.setdefault((reason.kind, reason.why, reason.clause), [])
        same.append(escape(reason.presented))
    return "; ".join(
        _told(kind, names, why, clause) for (kind, why, clause), names in groups.items()
    )


def _told(kind: NameKind, names: list[str], why: str, clause: str) -> str:
    if len(names) == 1:
        return f"{kind.value} {names[0]}: {why} ({clause})"
    every = f"each {why.removeprefix('it ')}" if why.startswith("it ") else why
    return f"{kind.value}s {', '.join(names[:-1])} and {names[-1]}: {every} ({clause})"


def compare_name(
    demand: Demand, counting: Counting, name: str, references: Sequence[Reference]
) -> Reason:
    """Compare a name that counts with everything that is looked for; the best match is told."""
    found = [(_compare(demand, counting, name, one), one) for one in references]
    found = [(_softened(counting, name, comparison), one) for comparison, one in found]
    matches = sorted(
        ((comparison, one) for comparison, one in found if comparison.is_match),
        key=lambda pair: pair[0].is_optional,
    )
    if not matches:
        return _different(counting, name, [comparison for comparison, _ in found], references)
    best, matched = matches[0]
    return Reason(
        kind=counting.kind,
        presented=name,
        outcome=Outcome.MAY_MATCH if best.is_optional else Outcome.MATCHED,
        why=best.why,
        clause=counting.clause_for(name),
        matched=matched,
    )


def _softened(counting: Counting, name: str, comparison: Comparison) -> Comparison:
    """Mark a match that the rule's source leaves to the peer."""
    is_optional = counting.is_optional or (counting.wildcards_are_optional and "*" in name)
    return replace(comparison, is_optional=comparison.is_optional or is_optional)


def _different(
    counting: Counting, name: str, comparisons: list[Comparison], references: Sequence[Reference]
) -> Reason:
    whys = list(dict.fromkeys(comparison.why for comparison in comparisons))
    why = whys[0] if len(whys) == 1 else _none_of(references)
    return Reason(
        kind=counting.kind,
        presented=name,
        outcome=Outcome.DIFFERENT,
        why=why,
        clause=counting.clause_for(name),
    )


def _none_of(references: Sequence[Reference]) -> str:
    if not references:
        return "nothing is looked for"
    shown = [reference.name for reference in references[:_SHOWN]]
    if len(references) > _SHOWN:
        return f"it is not {', '.join(shown)} or one of {len(references) - _SHOWN} more"
    return f"it is not {', '.join(shown[:-1])} or {shown[-1]}"


def _compare(demand: Demand, counting: Counting, name: str, wanted: Reference) -> Comparison:
    match counting.kind:
        case NameKind.PUBLIC_KEY:
            return _same(name, wanted, ReferenceKind.PUBLIC_KEY)
        case NameKind.IP:
            return _same(name, wanted, ReferenceKind.ADDRESS)
        case NameKind.URI:
            return _compare_uri(demand, counting, name, wanted)
        case NameKind.SERVICE:
            return _compare_service(counting, name, wanted)
        case NameKind.COMMON if demand.addresses_in_common_names and as_ip_address(name):
            return _same(str(as_ip_address(name)), wanted, ReferenceKind.ADDRESS)
        case _:
            bare = name.removesuffix(".") if demand.tolerates_trailing_dot else name
            return _compare_host(counting, bare, wanted)


def _same(name: str, wanted: Reference, kind: ReferenceKind) -> Comparison:
    if wanted.kind is not kind:
        return _incomparable(wanted)
    if name != wanted.canonical:
        return Comparison(is_match=False, why=f"it is not {wanted}")
    return Comparison(is_match=True, why=f"it is {wanted}")


def _compare_host(counting: Counting, name: str, wanted: Reference) -> Comparison:
    if wanted.kind is not ReferenceKind.HOST:
        return _incomparable(wanted)
    return compare(name, wanted.canonical, counting.wildcards)


def _compare_uri(demand: Demand, counting: Counting, uri: str, wanted: Reference) -> Comparison:
    domain = sip_domain(uri, demand.schemes)
    if not domain.host:
        return Comparison(is_match=False, why=domain.why_not)
    address = as_ip_address(domain.host)
    if address is not None:
        return _same(str(address), wanted, ReferenceKind.ADDRESS)
    return _compare_host(counting, domain.host, wanted)


def _compare_service(counting: Counting, name: str, wanted: Reference) -> Comparison:
    """Compare service and domain apart: only the domain may have a wildcard."""
    if wanted.kind is not ReferenceKind.SERVICE:
        return _incomparable(wanted)
    service, _, domain = name.partition(".")
    wanted_service, _, wanted_domain = wanted.canonical.partition(".")
    if service.lower() != wanted_service:
        return Comparison(is_match=False, why=f"its service is not {wanted_service}")
    return compare(domain, wanted_domain, counting.wildcards)


def _incomparable(wanted: Reference) -> Comparison:
    if wanted.kind is ReferenceKind.IMPOSSIBLE:
        return Comparison(is_match=False, why=f"{wanted.name!r} is nothing that it could be")
    return Comparison(is_match=False, why=f"it cannot be the {wanted.kind.value} {wanted}")
