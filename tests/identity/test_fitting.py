"""Whether a certificate may be put to use: everything that speaks against it, at once."""

from datetime import timedelta

from tests.support.certificates import (
    NOW,
    SERVER_ONLY,
    Issued,
    authority,
    elliptic_key,
    leaf,
)

from umbel.core.findings import Finding, Severity
from umbel.identity.chain.policy import LYNC_CHAIN, PKIX_CHAIN, ChainPolicy
from umbel.identity.chains import Trust
from umbel.identity.fitting import fitting_findings, hindrances

NODE = "node01.domain.local"
ROOT = authority()
TRUST = Trust(anchors=[ROOT.der])


def found(
    certificate: Issued,
    key: Issued | None = None,
    *,
    trust: Trust = TRUST,
    readers: tuple[ChainPolicy, ...] = (PKIX_CHAIN,),
) -> tuple[Finding, ...]:
    """Check a certificate of the node with a key, its own unless told."""
    public_key = (key or certificate).public_key_info
    return fitting_findings(
        [certificate.der], public_key, node=NODE, trust=trust, at=NOW, readers=readers
    )


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [one.code for one in findings]


class TestACertificateThatFits:
    def test_yields_nothing(self) -> None:
        assert found(leaf(NODE, issuer=ROOT)) == ()

    def test_may_come_without_its_key(self) -> None:
        made = leaf(NODE, issuer=ROOT)

        assert fitting_findings([made.der], None, node="", trust=TRUST, at=NOW) == ()


class TestACertificateThatDoesNotFit:
    def test_is_told_with_every_fault_and_the_worst_first(self) -> None:
        made = leaf(
            "um.domain.local", issuer=ROOT, ends=NOW - timedelta(days=1), usages=SERVER_ONLY
        )
        another = leaf("other", issuer=ROOT, key=elliptic_key("another"))
        findings = found(made, another)

        assert codes(findings) == [
            "tls.key-does-not-fit", "chain.expired", "chain.extended-key-usage",
            "tls.common-name-is-not-node", "tls.node-is-no-alternative-name",
        ]  # fmt: skip
        assert [one.severity for one in findings] == sorted(
            (one.severity for one in findings), reverse=True
        )

    def test_of_an_authority_that_only_others_may_trust_is_doubtful_not_wrong(self) -> None:
        """We know whom this node trusts, not whom its peers do."""
        (finding,) = found(leaf(NODE, issuer=ROOT), trust=Trust(anchors=()))

        assert (finding.code, finding.severity) == ("chain.missing-issuer", Severity.WARNING)

    def test_is_judged_for_every_kind_of_reader(self) -> None:
        made = leaf(NODE, issuer=ROOT)

        assert codes(found(made, readers=(LYNC_CHAIN,))) == ["chain.elliptic-key"]


class TestHindrances:
    WARNING = Finding(code="a", severity=Severity.WARNING, seen="", means="", do="")
    ERROR = Finding(code="b", severity=Severity.ERROR, seen="", means="", do="")

    def test_are_warnings_too_unless_forced(self) -> None:
        both = [self.WARNING, self.ERROR]

        assert list(hindrances(both, forced=False)) == both
        assert list(hindrances(both, forced=True)) == [self.ERROR]
