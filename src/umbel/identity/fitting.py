"""Whether a certificate may be put to use by a node: key, chain, names, dates and usages at once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from umbel.core.findings import Finding, Severity

from .chain.policy import PKIX_CHAIN, ChainPolicy
from .chains import OURS, Trust, chain_findings
from .handshake import Role
from .key_fit import key_fit_findings
from .name_findings import name_findings
from .names import presented_names

_TRUST_OF_OTHERS: Final = frozenset(
    {"chain.unknown-root", "chain.missing-issuer", "chain.self-signed"}
)


def fitting_findings(
    chain: Sequence[bytes],
    public_key: bytes | None,
    *,
    node: str,
    trust: Trust,
    at: datetime,
    readers: Iterable[ChainPolicy] = (PKIX_CHAIN,),
) -> tuple[Finding, ...]:
    """
    Find all that speaks against a chain, DER and leaf first, worst first and each thing once.

    *public_key*: of the key at hand, as SubjectPublicKeyInfo; ``None``: there is none to compare.
    *node* is the FQDN whose certificate it is to be; empty: nobody's in particular. *readers* are
    the kinds of peers that will read it.
    """
    found = list(key_fit_findings(chain, public_key)) if public_key is not None else []
    for policy in readers:
        for played in (Role.SERVER, Role.CLIENT):
            by_reader = replace(trust, policy=policy)
            found += chain_findings(chain, played=played, whose=OURS, trust=by_reader, at=at)
    if node and chain:
        found += name_findings(presented_names(chain[0]), node)
    return worst_first(map(_as_foretold, found))


def _as_foretold(finding: Finding) -> Finding:
    """Soften what we only infer: a peer may trust authorities that this node does not."""
    if finding.code not in _TRUST_OF_OTHERS:
        return finding
    return replace(
        finding,
        severity=Severity.WARNING,
        means="by the authorities that this node trusts; only peers that trust others accept it",
    )


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Put the worst first; what two readers say alike, of the same thing, is said once."""
    distinct = {(one.code, one.seen): one for one in findings}
    return tuple(sorted(distinct.values(), key=lambda one: -one.severity))


def hindrances(findings: Iterable[Finding], *, forced: bool) -> Iterator[Finding]:
    """Give those that keep a certificate from use; *forced*: errors do, warnings do not."""
    least = Severity.ERROR if forced else Severity.WARNING
    return (one for one in findings if one.severity >= least)
