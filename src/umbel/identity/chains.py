"""Our own reading of a chain, on the library's primitives: every fault, never the first only.

OpenSSL's verdict decides about a connection. This reading explains it, foretells it for certificates
that no connection has shown yet, and knows what other readers than OpenSSL ask for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from umbel.core.findings import Finding

from .chain.certificate import Certificate, Unreadable, read_certificate, readable
from .chain.constraints import constraint_findings
from .chain.path import Path, build_path
from .chain.policy import PKIX_CHAIN, ChainPolicy
from .chain.revocation import revocation_findings
from .chain.sending import sending_findings
from .chain.status import status_findings
from .chain.strength import key_findings, signature_findings
from .chain.trust import trust_findings
from .chain.usage import issuer_findings, leaf_usage_findings, unknown_critical_findings
from .chain.validity import validity_findings
from .chain.whose import OURS, PEERS, Reading, Whose
from .handshake import Role

__all__ = ["OURS", "PEERS", "Trust", "chain_findings", "chain_path"]

_LONGEST = 16
"""Certificates of one chain that are read; no honest chain has more than five."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What a reader of chains has at hand."""

    anchors: Sequence[bytes]
    """Certificates that are believed as they are, DER."""
    revocation_lists: Sequence[bytes] = ()
    status_answers: Sequence[bytes] = ()
    """What responders said of certificates (RFC 6960), DER."""
    also_known: Sequence[bytes] = ()
    """Certificates that we have by chance: they tell which intermediate was not sent."""
    policy: ChainPolicy = PKIX_CHAIN


def chain_findings(
    chain: Sequence[bytes], *, played: Role, whose: Whose, trust: Trust, at: datetime
) -> Iterator[Finding]:
    """
    Find every fault of a chain, DER and leaf first.

    *played* is the role of the side that shows the chain; *at* is the reader's time of day, aware.
    """
    policy = trust.policy
    reading = Reading(whose=whose, policy=policy, usage=policy.usage(played), at=at)
    read = [read_certificate(der, place) for place, der in enumerate(chain[:_LONGEST])]
    yield from _unreadable(read, reading)
    if read and isinstance(read[0], Certificate):
        sent = [one for one in read if isinstance(one, Certificate)]
        yield from _readable(sent, trust, reading)


def chain_path(chain: Sequence[bytes], trust: Trust) -> Path | None:
    """Lead from a chain's leaf to a trust anchor, as far as possible; ``None``: unreadable."""
    leaf = read_certificate(chain[0]) if chain else None
    if not isinstance(leaf, Certificate):
        return None
    return _path([leaf, *readable(chain[1:_LONGEST])], trust)


def _path(sent: Sequence[Certificate], trust: Trust) -> Path:
    others = (*sent, *readable(trust.also_known))
    return build_path(sent[0], anchors=list(readable(trust.anchors)), others=others)


def _readable(sent: Sequence[Certificate], trust: Trust, reading: Reading) -> Iterator[Finding]:
    path = _path(sent, trust)
    yield from trust_findings(path, reading)
    yield from sending_findings(sent, path, list(readable(trust.also_known)), reading)
    yield from leaf_usage_findings(sent[0], reading)
    for one in path.certificates:
        yield from validity_findings(one, reading)
    for one in path.below_anchor:
        yield from _each(one, reading)
    yield from issuer_findings(path, reading)
    yield from constraint_findings(path, reading)
    yield from revocation_findings(path, trust.revocation_lists, reading)
    yield from status_findings(path, trust.status_answers, reading)


def _each(certificate: Certificate, reading: Reading) -> Iterator[Finding]:
    """Check what every certificate below the anchor has to keep."""
    if certificate.problem:
        yield reading.error(
            "unreadable-extensions",
            f"the extensions of {reading.whose.certificate(certificate)} cannot be read: "
            f"{certificate.problem}",
            do=reading.whose.new_certificate.format("that is well-formed"),
            rule="RFC 5280 section 4.2",
        )
    yield from unknown_critical_findings(certificate, reading)
    yield from signature_findings(certificate, reading)
    yield from key_findings(certificate, reading)


def _unreadable(read: Sequence[Certificate | Unreadable], reading: Reading) -> Iterator[Finding]:
    if not read:
        yield reading.error(
            "empty",
            f"{reading.whose.possessive} chain has no certificate",
            do=reading.whose.new_certificate.format("at all"),
            rule="RFC 8446 section 4.4.2",
        )
    for one in read:
        if isinstance(one, Unreadable):
            yield reading.error(
                "unreadable",
                f"certificate {one.position + 1} of {reading.whose.possessive} chain cannot be "
                f"read: {one.why}",
                do=reading.whose.new_certificate.format("that is well-formed"),
                rule="RFC 5280 section 4.1",
            )
