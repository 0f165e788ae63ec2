"""The names of a node's own certificate, before any peer has seen it."""

import pytest

from umbel.core.findings import Finding, Severity
from umbel.identity.name_findings import name_findings
from umbel.identity.names import PresentedNames

NODE = "node01.domain.local"


def found(cn: tuple[str, ...], dns: tuple[str, ...], *unreadable: str) -> list[Finding]:
    """Check these names for the node."""
    names = PresentedNames(common_names=cn, dns_names=dns, unreadable=unreadable)
    return list(name_findings(names, NODE))


class TestNamesOfTheNode:
    @pytest.mark.parametrize(
        ("cn", "dns"),
        [
            ((NODE,), (NODE,)),
            ((NODE.upper(),), ("um.domain.local", NODE)),
            ((NODE,), (NODE, "xn--bcher-kva.example")),
        ],
    )
    def test_that_every_peer_accepts_yield_nothing(
        self, cn: tuple[str, ...], dns: tuple[str, ...]
    ) -> None:
        assert found(cn, dns) == []

    @pytest.mark.parametrize(
        ("cn", "dns", "code", "seen"),
        [
            (("um.domain.local",), (NODE,), "tls.common-name-is-not-node",
             "the common name of our certificate is um.domain.local, this node is node01"),
            ((), (NODE,), "tls.common-name-is-not-node", "our certificate has no common name"),
            ((NODE, "um"), (NODE,), "tls.common-name-is-not-node",
             "several common names, node01.domain.local and um"),
            ((NODE,), ("um.domain.local",), "tls.node-is-no-alternative-name",
             "not among the DNS names of our certificate (um.domain.local)"),
            ((NODE,), (), "tls.node-is-no-alternative-name", "(it has none)"),
            ((NODE,), (NODE, "*.domain.local"), "tls.wildcard-in-san",
             "*.domain.local, an alternative name of our certificate, is a wildcard"),
            ((NODE,), (NODE, "192.0.2.1"), "tls.address-as-dns-name", "192.0.2.1 as a DNS name"),
            ((NODE,), (NODE, "um\0.domain"), "tls.impossible-name", r"um\00.domain of our"),
            ((NODE,), (NODE, "um.domain."), "tls.impossible-name", "ends with a dot"),
            ((NODE,), (NODE, "bücher.example"), "tls.impossible-name", "bücher.example"),
        ],
    )  # fmt: skip
    def test_that_some_peer_refuses_yield_the_reason(
        self, cn: tuple[str, ...], dns: tuple[str, ...], code: str, seen: str
    ) -> None:
        (finding,) = found(cn, dns)

        assert (finding.code, finding.severity) == (code, Severity.WARNING)
        assert seen in finding.seen
        assert "umbel certificate request" in finding.do
        assert finding.means
        assert finding.rule

    def test_that_are_a_wildcard_yield_every_reason(self) -> None:
        """Facts, section 9, row 2: all at once, never the first only."""
        codes = [finding.code for finding in found(("*.domain.local",), ("*.domain.local",))]

        assert codes == [
            "tls.wildcard-in-san",
            "tls.common-name-is-not-node",
            "tls.node-is-no-alternative-name",
        ]

    def test_with_a_wildcard_as_common_name_alone(self) -> None:
        assert found(("*.domain.local",), (NODE,))[0].code == "tls.wildcard-common-name"

    @pytest.mark.parametrize("common_name", ["192.0.2.1", "Umbel node one"])
    def test_leave_a_common_name_that_is_no_domain_name_to_the_one_finding(
        self, common_name: str
    ) -> None:
        """A common name may be anything; that it is not the node is told once."""
        assert [one.code for one in found((common_name,), (NODE,))] == [
            "tls.common-name-is-not-node"
        ]

    def test_with_a_nul_in_the_common_name(self) -> None:
        assert found((f"{NODE}\0.evil",), (NODE,))[0].code == "tls.impossible-name"

    def test_that_cannot_be_read_are_told(self) -> None:
        (finding,) = found((NODE,), (NODE,), "an alternative name (URI) cannot be read: why")

        assert finding.code == "tls.unreadable-name"
        assert "in our certificate, an alternative name (URI) cannot be read" in finding.seen
