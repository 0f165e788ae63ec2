"""The incident of two servers that share one certificate, and each way in which a peer tells of it.

Both nodes present the common name um.domain.local, with themselves among the alternative names. A
Lync pool calls them gladly, and refuses every connection that they open.
"""

from dataclasses import dataclass

import pytest
from tests.support.certificates import Issued, authority, leaf, rsa_key
from tests.support.handshakes import TLS_1_2, TLS_1_3, UP_TO_CLIENT, VERSIONS, handshake

from umbel.core.findings import Finding, Severity
from umbel.identity.chains import Trust
from umbel.identity.demands import OurDemand, PeersDemand
from umbel.identity.handshake import Ending, HandshakeReport, Role
from umbel.identity.handshake_findings import handshake_findings, refused_with_answer
from umbel.identity.rules import LYNC
from umbel.identity.surroundings import Surroundings

ARRAY, NODES = "um.domain.local", ("node01.domain.local", "node02.domain.local")
ROOT = authority("Domain Root", key=rsa_key())
POOL = leaf("pool.domain.local", issuer=ROOT, key=rsa_key())


def certificate(common_name: str, *dns_names: str) -> Issued:
    return leaf(common_name, issuer=ROOT, key=rsa_key(), dns=dns_names)


SHARED = certificate(ARRAY, ARRAY, *NODES)
WILDCARD = certificate("*.domain.local", "*.domain.local")


def around(node: str, *, knows: tuple[str, ...] = ()) -> Surroundings:
    """Give what *node* knows; the pool trusts each node by its own name, unless told otherwise."""
    return Surroundings(
        node=node,
        gateway="lync",
        trust=Trust(anchors=(ROOT.der,)),
        demand=OurDemand.of("pool.domain.local"),
        model=PeersDemand.of(LYNC, dials=(node,), knows=knows or (node,)),
    )


def called(shown: Issued) -> HandshakeReport:
    """The pool calls us."""
    return handshake(Ending.SUCCEEDED, role=Role.SERVER, own=(shown.der,), peers=(POOL.der,))


def calling(
    shown: Issued, ending: Ending, *, version: str = TLS_1_3, alert: str = "", flights: int = 4
) -> HandshakeReport:
    """We call the pool, which sees our certificate and then does as it does."""
    return handshake(
        ending, version=version, own=(shown.der,), peers=(POOL.der,), alert=alert, flights=flights
    )


def harmful(findings: list[Finding]) -> list[str]:
    return [one.code for one in findings if one.severity >= Severity.WARNING]


@dataclass(frozen=True, kw_only=True)
class Telling:
    """One way in which a pool tells that it does not want us."""

    says: str
    ending: Ending
    version: str = TLS_1_3
    alert: str = ""
    flights: int = 4


TELLINGS = (
    *(
        Telling(says=f"lync {did} the connection, without an alert", ending=ending, version=version)
        for version in VERSIONS
        for did, ending in (("closed", Ending.CLOSED_BY_PEER), ("reset", Ending.RESET_BY_PEER))
    ),
    Telling(
        says="lync closed the connection, without an alert",
        ending=Ending.CLOSED_BY_PEER,
        version=TLS_1_2,
        flights=UP_TO_CLIENT,
    ),
    *(
        Telling(
            says=f"lync sent the alert {alert}",
            ending=Ending.REFUSED_BY_PEER,
            version=version,
            alert=alert,
            flights=UP_TO_CLIENT,
        )
        for version in VERSIONS
        for alert in ("bad_certificate", "certificate_unknown", "access_denied")
    ),
)


class TestTheSharedCertificate:
    @pytest.mark.parametrize("node", NODES)
    def test_is_good_enough_to_be_called_with(self, node: str) -> None:
        """The pool as client finds the node that it dialled among the alternative names."""
        assert harmful(list(handshake_findings(called(SHARED), around(node)))) == []

    @pytest.mark.parametrize("telling", TELLINGS)
    @pytest.mark.parametrize("node", NODES)
    def test_is_named_as_the_cause_however_the_pool_refuses_it(
        self, node: str, telling: Telling
    ) -> None:
        report = calling(
            SHARED,
            telling.ending,
            version=telling.version,
            alert=telling.alert,
            flights=telling.flights,
        )

        first = next(handshake_findings(report, around(node)))

        assert first.severity is Severity.ERROR
        assert first.seen.startswith(f"to 192.0.2.5:5061: {telling.says}")
        tells_why(first, node)

    @pytest.mark.parametrize("node", NODES)
    def test_is_named_as_the_cause_of_an_answer_403(self, node: str) -> None:
        report = calling(SHARED, Ending.SUCCEEDED)

        first = next(refused_with_answer(report, "403 Forbidden", around(node)))

        assert first.seen.startswith(
            "to 192.0.2.5:5061: lync answered our first request with 403 Forbidden"
        )
        tells_why(first, node)


def tells_why(finding: Finding, node: str) -> None:
    """Have the finding name our common name, this node, the way of the pool, and the cure."""
    assert f"our certificate's common name is {ARRAY}, this node is {node}" in finding.seen
    assert "lync refuses the connections that this node opens: OPTIONS, transfers" in finding.means
    assert finding.means.endswith(
        f"it goes by the common name, and {node} among the other names does not count"
    )
    assert finding.do == (
        f"give this node a certificate of its own with {node} as common and alternative name: "
        "umbel certificate request (for your own authority), or umbel certificate issue (by the "
        "built-in one)"
    )
    assert finding.rule == (
        "rule lync: Lync as server looks a client up by the common name of its subject"
    )


class TestTheWildcardVariant:
    def test_is_called_and_calls_in_vain(self) -> None:
        """Attendant and mailbox worked; message-waiting and Play on Phone did not."""
        node = NODES[0]
        report = calling(WILDCARD, Ending.CLOSED_BY_PEER)

        first = next(handshake_findings(report, around(node)))

        assert "common name is *.domain.local, this node is node01.domain.local" in first.seen
        assert f"with {node} as common and alternative name" in first.do

    def test_may_have_the_wildcard_among_the_alternative_names(self) -> None:
        node = NODES[0]
        mended = certificate(node, node, "*.domain.local")

        assert harmful(list(handshake_findings(called(mended), around(node)))) == []
        assert (
            next(refused_with_answer(calling(mended, Ending.SUCCEEDED), "403", around(node)), 0)
            == 0
        )


class TestTheCures:
    @pytest.mark.parametrize("node", NODES)
    def test_one_certificate_for_each_node_leaves_no_cause(self, node: str) -> None:
        """With the array's name as alternative name or without it."""
        for own in (certificate(node, node), certificate(node, node, ARRAY)):
            refusal = next(handshake_findings(calling(own, Ending.CLOSED_BY_PEER), around(node)))

            assert (
                list(refused_with_answer(calling(own, Ending.SUCCEEDED), "403", around(node))) == []
            )
            assert harmful(list(handshake_findings(called(own), around(node)))) == []
            assert f"probably {node} is not among the servers that it trusts" in refusal.means

    def test_the_certificate_of_one_server_on_both_mends_that_server_only(self) -> None:
        """The story's second try: the other node now poses as the first."""
        first, second = NODES
        borrowed = certificate(first, first, second)

        assert (
            list(refused_with_answer(calling(borrowed, Ending.SUCCEEDED), "403", around(first)))
            == []
        )
        told = next(handshake_findings(calling(borrowed, Ending.CLOSED_BY_PEER), around(second)))
        assert f"our certificate's common name is {first}, this node is {second}" in told.seen

    @pytest.mark.parametrize("node", NODES)
    def test_the_arrays_name_among_the_trusted_servers_mends_both(self, node: str) -> None:
        """A trusted application pool of that name: its members show the pool's common name."""
        array = around(node, knows=(ARRAY,))

        assert list(refused_with_answer(calling(SHARED, Ending.SUCCEEDED), "403", array)) == []
        assert harmful(list(handshake_findings(called(SHARED), array))) == []
