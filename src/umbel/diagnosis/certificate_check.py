"""What certificates and keys in files are worth: to whom, in which role, and what is wrong."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from umbel.core.findings import Finding, Severity
from umbel.identity.chain.certificate import public_key_info, readable
from umbel.identity.chains import OURS, Trust, chain_findings
from umbel.identity.demands import PeersDemand
from umbel.identity.handshake import Role
from umbel.identity.judgement import Judgement
from umbel.identity.key_fit import key_fit_findings
from umbel.identity.name_findings import name_findings
from umbel.identity.name_kind import NameKind
from umbel.identity.names import PresentedNames, presented_names
from umbel.identity.rules import RULES, Rule

from .pem import PemFile
from .ranking import at_most, has_errors, ranked
from .summary import summary

_ABOUT_TRUST = ("chain.missing-issuer", "chain.unknown-root", "chain.self-signed")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVerdict:
    """What peers that go by one rule say of a certificate."""

    rule: Rule
    to_peer: Judgement
    """When this node connects to such a peer, which then judges a client."""
    from_peer: Judgement
    """When such a peer connects to this node, and judges a server."""
    chain: tuple[Finding, ...]
    """What such a peer finds wrong with the chain, in either role."""

    @property
    def takes_chain(self) -> bool:
        """Whether the chain is good enough for such a peer."""
        return not has_errors(self.chain)


class KeyState(StrEnum):
    """Whether there is a private key for a certificate."""

    FITS = "fits"
    DOES_NOT_FIT = "does not fit"
    MISSING = "not among the files"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateCheck:
    """Everything that files with certificates and keys tell."""

    node: str
    """Whose certificate it is taken for; empty: nothing says."""
    chain: tuple[bytes, ...]
    """DER, the node's own first."""
    names: PresentedNames
    key: KeyState
    verdicts: tuple[RuleVerdict, ...]
    findings: tuple[Finding, ...]
    """The worst first."""

    @property
    def summary(self) -> str:
        """Say in one sentence what is wrong and what to do."""
        if not self.chain:
            return summary(self.findings, "There is no certificate among the files to judge")
        return summary(self.findings, f"The certificate of {self.node} is as peers want it")


def check_files(
    files: Sequence[PemFile], *, node: str, trust: Sequence[bytes], at: datetime
) -> CertificateCheck:
    """
    Check *files* as the identity of *node* at the time of day *at*.

    *trust*: authorities that are believed, DER. Without one, the roots among the files are. An
    empty *node* is read from the certificate.
    """
    holder = _holder(files)
    chain = holder.certificates if holder is not None else ()
    names = presented_names(chain[0]) if chain else PresentedNames()
    node = node or next(iter((*names.common_names, *names.dns_names)), "")
    knowledge = _trust(files, chain, trust)
    keys = [key for file in files for key in file.public_keys]
    found = [finding for file in files for finding in file.findings]
    found += _without_certificate(files) if not chain else ()
    found += (one for key in keys if chain for one in key_fit_findings(chain, key))
    found += _chain(chain, knowledge, at)
    found += name_findings(names, node) if chain else ()
    return CertificateCheck(
        node=node,
        chain=chain,
        names=names,
        key=_key_state(keys, chain),
        verdicts=tuple(_verdicts(chain, names, node, knowledge, at)) if chain else (),
        findings=ranked(found),
    )


def _holder(files: Iterable[PemFile]) -> PemFile | None:
    """Find the file with the node's own certificate: it fits a key, or is no authority's."""
    with_certificates = [file for file in files if file.certificates]
    keys = [key for file in files for key in file.public_keys]
    fitting = (
        file for file in with_certificates if any(_fits(key, file.certificates) for key in keys)
    )
    leaves = (file for file in with_certificates if not _is_root(file.certificates[0]))
    return next(fitting, None) or next(leaves, None) or next(iter(with_certificates), None)


def _key_state(keys: Sequence[bytes], chain: Sequence[bytes]) -> KeyState:
    if not keys:
        return KeyState.MISSING
    is_fitting = any(_fits(key, chain[:1]) for key in keys)
    return KeyState.FITS if is_fitting else KeyState.DOES_NOT_FIT


def _fits(key: bytes, chain: Sequence[bytes]) -> bool:
    return any(public_key_info(one) == key for one in readable(chain))


def _is_root(der: bytes) -> bool:
    return any(one.is_self_issued for one in readable([der]))


def _trust(files: Sequence[PemFile], chain: Sequence[bytes], trust: Sequence[bytes]) -> Trust:
    others = [der for file in files for der in file.certificates if der not in chain[:1]]
    return Trust(
        anchors=tuple(trust) or tuple(filter(_is_root, others)),
        also_known=tuple(others),
        revocation_lists=tuple(one for file in files for one in file.revocation_lists),
    )


def _chain(chain: Sequence[bytes], trust: Trust, at: datetime) -> Iterator[Finding]:
    """Read the chain in both roles; who is to be trusted cannot be an error where nobody said."""
    if not chain:
        return
    for role in Role:
        for finding in chain_findings(chain, played=role, whose=OURS, trust=trust, at=at):
            if finding.code in _ABOUT_TRUST and not trust.anchors:
                yield from at_most(Severity.INFO, [finding])
            else:
                yield finding


def _verdicts(
    chain: Sequence[bytes], names: PresentedNames, node: str, trust: Trust, at: datetime
) -> Iterator[RuleVerdict]:
    for rule in RULES.values():
        if rule.demand(Role.SERVER).counting(NameKind.PUBLIC_KEY) is None:
            model = PeersDemand.of(rule, dials=(node,), knows=(node,))
            policy = replace(trust, policy=rule.chain, revocation_lists=())
            yield RuleVerdict(
                rule=rule,
                to_peer=model.judge(names, our_role=Role.CLIENT),
                from_peer=model.judge(names, our_role=Role.SERVER),
                chain=ranked(_chain(chain, policy, at)),
            )


def _without_certificate(files: Sequence[PemFile]) -> Iterator[Finding]:
    if any(file.findings for file in files):
        return  # They say why.
    yield Finding(
        code="pem.no-certificate",
        severity=Severity.INFO,
        seen=f"{', '.join(file.name for file in files)}: no certificate",
        means="a key alone says nothing of who has it",
        do="name the certificate as well, to see whether both fit",
    )
