"""From how a handshake ended to its cause: the first finding is the one that explains it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from tests.support.certificates import (
    BOTH_ROLES,
    NOW,
    SERVER_ONLY,
    Issued,
    alternative_names,
    authority,
    distinguished,
    issue,
    leaf,
    rsa_key,
)
from tests.support.handshakes import (
    TLS_1_2,
    TLS_1_3,
    UP_TO_CLIENT,
    handshake,
    without_request,
)

from umbel.core.findings import Finding, Severity
from umbel.identity.alert_meanings import alert_meaning
from umbel.identity.alerts import CLOSE_NOTIFY, NAMES
from umbel.identity.chains import Trust
from umbel.identity.demands import OurDemand, PeersDemand
from umbel.identity.handshake import Ending, HandshakeReport, Role
from umbel.identity.handshake_findings import handshake_findings, refused_with_answer
from umbel.identity.rules import ANY_NAME, LYNC
from umbel.identity.surroundings import Surroundings

NODE, GATEWAY = "node01.domain.local", "pool.domain.local"
ROOT = authority("Domain Root", key=rsa_key())
STRANGE_ROOT = authority("Strange Root", key=rsa_key())
OWN = leaf(NODE, issuer=ROOT, key=rsa_key())
PEER = leaf(GATEWAY, issuer=ROOT, key=rsa_key())
EXPIRED = NOW - timedelta(days=3)

AROUND = Surroundings(
    node=NODE,
    gateway="lync",
    trust=Trust(anchors=(ROOT.der,)),
    demand=OurDemand.of(GATEWAY),
    model=PeersDemand.of(LYNC, dials=(NODE,), knows=(NODE,)),
)
STRANGER = replace(AROUND, gateway="192.0.2.5", demand=None, model=None)


def seen(
    ending: Ending,
    *,
    role: Role = Role.CLIENT,
    own: Issued | None = OWN,
    peer: Issued | None = PEER,
    version: str = TLS_1_3,
    flights: int = 4,
    alert: str = "",
    alert_is_ours: bool = False,
    detail: str = "",
) -> HandshakeReport:
    return handshake(
        ending,
        role=role,
        version=version,
        flights=flights,
        own=(own.der,) if own else (),
        peers=(peer.der,) if peer else (),
        alert=alert,
        alert_is_ours=alert_is_ours,
        detail=detail,
    )


def told(report: HandshakeReport, around: Surroundings = AROUND) -> list[Finding]:
    return list(handshake_findings(report, around))


def codes(report: HandshakeReport, around: Surroundings = AROUND) -> list[str]:
    return [finding.code for finding in told(report, around)]


class TestAHandshakeThatWentWell:
    @pytest.mark.parametrize("role", Role)
    def test_between_healthy_sides_leaves_nothing_to_say(self, role: Role) -> None:
        assert told(seen(Ending.SUCCEEDED, role=role)) == []

    def test_with_the_certificate_of_somebody_else_says_so(self) -> None:
        """As server we take it, and answer the first request with 403."""
        other = leaf("other.domain.local", issuer=ROOT, key=rsa_key())
        (finding,) = told(seen(Ending.SUCCEEDED, role=Role.SERVER, peer=other))

        assert finding.code == "identity.peer-not-recognised"
        assert "carries other.domain.local and the common name other.domain.local" in finding.seen
        assert f"we expect {GATEWAY}, by the rule any-name" in finding.seen
        assert "umbel gateway set lync --certificate-names NAME" in finding.do

    def test_says_what_else_is_wrong_with_the_certificate_of_the_peer(self) -> None:
        late = leaf(GATEWAY, issuer=ROOT, key=rsa_key(), ends=NOW + timedelta(days=9))

        assert codes(seen(Ending.SUCCEEDED, peer=late)) == ["chain.expires-soon"]

    def test_without_a_clients_certificate_warns_where_one_is_expected(self) -> None:
        report = seen(Ending.SUCCEEDED, role=Role.SERVER, peer=None)
        (expected,), (whoever,) = told(report), told(report, STRANGER)

        assert expected.code == whoever.code == "handshake.peer-without-certificate"
        assert (expected.severity, whoever.severity) == (Severity.WARNING, Severity.INFO)
        assert "it is not known as lync: its requests are answered with 403" in expected.means

    def test_that_was_resumed_is_not_asked_for_a_certificate(self) -> None:
        report = seen(Ending.SUCCEEDED, role=Role.SERVER, peer=None)

        assert told(replace(report, is_resumed=True)) == []
        assert told(replace(report, role=Role.CLIENT)) == []


class TestAnAlertOfThePeer:
    @pytest.mark.parametrize("name", sorted({*NAMES.values()} - {CLOSE_NOTIFY}))
    def test_has_a_meaning_and_something_to_do(self, name: str) -> None:
        meaning = alert_meaning(name)

        assert meaning is not alert_meaning("alert 250")
        assert meaning.means
        assert meaning.do

    def test_about_anything_but_certificates_says_what_it_is_about(self) -> None:
        (finding,) = told(seen(Ending.REFUSED_BY_PEER, flights=1, alert="handshake_failure"))

        assert finding.code == "handshake.alert-handshake-failure"
        assert "lync sent the alert handshake_failure after our ClientHello" in finding.seen
        assert finding.means.startswith("lync shares no cipher suite")

    def test_without_a_name_of_its_own_is_told_by_its_number(self) -> None:
        (finding,) = told(seen(Ending.REFUSED_BY_PEER, flights=2, alert="alert 250"))

        assert finding.code == "handshake.alert-250"
        assert "gave up for a reason of its own" in finding.means

    @pytest.mark.parametrize(
        ("asked", "words"),
        [("x.domain.local", "; we asked for x.domain.local"), (None, "; we asked for no name")],
    )
    def test_about_the_server_name_tells_what_was_asked_for(
        self, asked: str | None, words: str
    ) -> None:
        report = seen(Ending.REFUSED_BY_PEER, flights=1, alert="unrecognized_name")

        assert words in told(replace(report, server_name=asked))[0].seen

    def test_about_the_chain_is_explained_by_the_chain(self) -> None:
        old = leaf(NODE, issuer=ROOT, key=rsa_key(), ends=EXPIRED)
        report = seen(Ending.REFUSED_BY_PEER, own=old, alert="certificate_expired")
        first, second = told(report)

        assert first.code == "handshake.alert-certificate-expired"
        assert "out of date by its own clock: our certificate node01" in first.means
        assert "umbel certificate request" in first.do
        assert second.code == "chain.expired"

    def test_about_the_chain_is_no_complaint_about_names(self) -> None:
        """The names may be wrong as well: that is told, and not taken for the cause."""
        shared = leaf("um.domain.local", issuer=ROOT, key=rsa_key())
        report = seen(Ending.REFUSED_BY_PEER, own=shared, alert="unknown_ca")
        first, second = told(report)

        assert (
            first.do == "have the peer's administrator trust our authority, and send every "
            "intermediate"
        )
        assert first.rule == "RFC 8446 section 6.2"
        assert second.code == "identity.not-recognised"

    @pytest.mark.parametrize(
        "alert", ["certificate_required", "no_certificate", "handshake_failure"]
    )
    def test_for_want_of_our_certificate_says_so(self, alert: str) -> None:
        """Whatever its name: a server asked, and this node has none."""
        report = seen(Ending.REFUSED_BY_PEER, own=None, alert=alert)
        (finding,) = told(report)

        assert finding.code == "handshake.no-own-certificate"
        assert "umbel certificate request" in finding.do

    def test_about_a_certificate_is_one_of_its_own_where_none_was_asked_for(self) -> None:
        report = seen(Ending.REFUSED_BY_PEER, role=Role.SERVER, own=None, flights=1)
        report = replace(report, alerts=seen(Ending.REFUSED_BY_PEER, alert="no_certificate").alerts)

        assert codes(report) == ["handshake.alert-no-certificate"]


class TestASilentEnd:
    @pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
    def test_after_a_certificate_that_looks_right_points_to_the_list_of_the_peer(
        self, version: str
    ) -> None:
        (finding,) = told(seen(Ending.CLOSED_BY_PEER, version=version))

        assert finding.code == "handshake.closed-after-our-certificate"
        assert f"probably {NODE} is not among the servers that it trusts" in finding.means
        assert finding.rule == "rule lync"

    def test_is_not_blamed_on_a_certificate_that_ends_next_week(self) -> None:
        late = leaf(NODE, issuer=ROOT, key=rsa_key(), ends=NOW + timedelta(days=7))
        first, second = told(seen(Ending.CLOSED_BY_PEER, own=late))

        assert "is not among the servers that it trusts" in first.means
        assert second.code == "chain.expires-soon"

    def test_is_blamed_on_a_fault_of_the_chain(self) -> None:
        foreign = leaf(NODE, issuer=STRANGE_ROOT, key=rsa_key())
        first, second = told(seen(Ending.RESET_BY_PEER, own=foreign))

        assert "lync reset the connection" in first.seen
        assert first.means.startswith("lync refuses our certificate: CN=Strange Root")
        assert second.code == "chain.missing-issuer"

    def test_may_be_blamed_on_a_doubt(self) -> None:
        """Lync asks for a place of a revocation list; it does not say what becomes of us without."""
        listless = issue(
            NODE,
            issuer=ROOT,
            key=rsa_key(),
            extensions=[alternative_names((NODE,)), x509.ExtendedKeyUsage(BOTH_ROLES)],
        )
        first = told(seen(Ending.CLOSED_BY_PEER, own=listless))[0]

        assert first.means.startswith("lync may refuse our certificate: ")

    def test_where_nothing_is_known_of_the_peer_is_read_as_openssl_would(self) -> None:
        client_only = leaf(NODE, issuer=ROOT, usages=SERVER_ONLY)
        first = told(seen(Ending.CLOSED_BY_PEER, own=client_only), STRANGER)[0]

        assert "clientAuth" in first.means
        assert told(seen(Ending.CLOSED_BY_PEER), STRANGER)[0].rule == "no rule is configured"

    def test_is_read_by_the_trust_of_the_peer_where_that_is_known(self) -> None:
        around = replace(AROUND, peers_trust=Trust(anchors=(STRANGE_ROOT.der,)))

        assert "chain.missing-issuer" in codes(seen(Ending.CLOSED_BY_PEER), around)

    def test_where_a_certificate_was_wanted_and_none_sent_says_so(self) -> None:
        report = seen(Ending.CLOSED_BY_PEER, own=None)

        assert codes(report) == ["handshake.no-own-certificate"]

    def test_at_the_first_word_points_to_port_and_access_list(self) -> None:
        first = told(seen(Ending.RESET_BY_PEER, flights=1))[0]

        assert first.code == "handshake.closed-at-once"
        assert "ended it at our ClientHello (reset by the peer)" in first.seen

    def test_in_the_middle_points_to_what_stands_between(self) -> None:
        report = without_request(seen(Ending.CLOSED_BY_PEER, own=None, flights=2))
        first = told(report)[0]

        assert first.code == "handshake.broken-off"
        assert "after its Finished" in first.seen


class TestAClientThatHangsUp:
    def test_without_a_word_is_a_tool_that_looks_whether_the_port_is_open(self) -> None:
        (finding,) = told(seen(Ending.CLOSED_BY_PEER, role=Role.SERVER, flights=0))

        assert (finding.code, finding.severity) == ("handshake.nothing-said", Severity.INFO)

    def test_after_the_handshake_is_one_too_where_our_certificate_is_right(self) -> None:
        (finding,) = told(seen(Ending.CLOSED_BY_PEER, role=Role.SERVER))

        assert (finding.code, finding.severity) == ("handshake.nothing-asked", Severity.INFO)

    @pytest.mark.parametrize("flights", [2, 4])
    def test_when_it_has_seen_our_certificate_dislikes_its_names(self, flights: int) -> None:
        """In the handshake or after it, as the peer's TLS does it; it dialled another name."""
        other = leaf("um.domain.local", issuer=ROOT, key=rsa_key())
        first, second = told(
            seen(Ending.CLOSED_BY_PEER, role=Role.SERVER, own=other, flights=flights)
        )

        assert first.code == "handshake.closed-after-our-certificate"
        assert first.seen.startswith("from 192.0.2.5:40000: lync")
        assert "lync refuses to call this node" in first.means
        assert second.code == "identity.not-recognised"


class TestARefusalInTheFirstAnswer:
    def test_is_about_something_else_where_our_certificate_is_right(self) -> None:
        assert list(refused_with_answer(seen(Ending.SUCCEEDED), "403 Forbidden", AROUND)) == []

    def test_is_about_something_else_where_no_certificate_was_asked_for(self) -> None:
        report = seen(Ending.SUCCEEDED, own=None)

        assert list(refused_with_answer(report, "403 Forbidden", AROUND)) == []


class TestAPeerThatFallsSilent:
    @pytest.mark.parametrize(
        ("flights", "words"),
        [(1, "nobody answers"), (2, "stopped in the middle"), (UP_TO_CLIENT, "does not finish")],
    )
    def test_is_explained_by_the_step_where_it_did(self, flights: int, words: str) -> None:
        (finding,) = told(seen(Ending.TIMED_OUT, flights=flights, version=TLS_1_2))

        assert finding.code == "handshake.timed-out"
        assert words in finding.means


class TestAPeerWithoutTls:
    @pytest.mark.parametrize(
        ("detail", "means", "do"),
        [
            (
                "the peer begins with TLS on a port that takes plain TCP",
                "lync speaks TLS to a port of ours that speaks plain SIP",
                "have the peer use our TLS port",
            ),
            (
                "this port, which we reach by plain TCP, answers with TLS",
                "lync wants TLS on this port",
                "umbel gateway set lync --transport tls",
            ),
            ("the peer speaks HTTP", "a web server or a browser", "umbel gateway show lync"),
            ("the peer speaks SIP without TLS", "lync does not speak TLS", "--port 5061"),
        ],
    )
    def test_is_explained_by_what_it_said(self, detail: str, means: str, do: str) -> None:
        (finding,) = told(seen(Ending.NOT_TLS, flights=1, detail=detail))

        assert finding.code == "handshake.not-tls"
        assert means in finding.means
        assert do in finding.do


class TestARefusalOfOurs:
    @pytest.mark.parametrize(
        ("detail", "code"),
        [
            ("we refused what the peer sent: peer did not return a certificate", "no-peer-certif"),
            ("we refused what the peer sent: no shared cipher", "no-shared-cipher"),
            ("we refused what the peer sent: unsupported protocol", "version"),
            ("we refused what the peer sent: ee key too small", "too-weak"),
            ("we refused what the peer sent: wrong version number", "not-tls"),
        ],
    )
    def test_is_explained_by_the_reason_of_openssl(self, detail: str, code: str) -> None:
        (finding,) = told(seen(Ending.REFUSED_BY_US, flights=1, detail=detail))

        assert finding.code.startswith(f"handshake.{code}")
        assert finding.seen.endswith(detail)

    def test_for_a_reason_that_is_not_known_tells_what_was_said(self) -> None:
        report = seen(
            Ending.REFUSED_BY_US, detail="bad\x00thing", alert="internal_error", alert_is_ours=True
        )
        (with_alert,), (without,) = told(report), told(replace(report, alerts=(), detail=""))

        assert with_alert.code == "handshake.refused-by-us"
        assert with_alert.seen.endswith(r"bad\00thing; we sent the alert internal_error")
        assert without.seen.endswith("we gave up")

    def test_of_a_chain_names_its_fault_first(self) -> None:
        old = leaf(GATEWAY, issuer=ROOT, key=rsa_key(), ends=EXPIRED)
        report = seen(Ending.REFUSED_BY_US, peer=old, flights=2)
        refused = replace(report, verify_code=10, verify_text="certificate has expired")
        first, second = told(refused)

        assert first.code == "handshake.peer-certificate-refused"
        assert "was refused: certificate has expired; it carries pool.domain.local" in first.seen
        assert first.means.startswith("the peer's certificate pool.domain.local was valid until")
        assert second.code == "chain.expired"

    @pytest.mark.parametrize(
        ("role", "purpose"), [(Role.CLIENT, "sslserver"), (Role.SERVER, "sslclient")]
    )
    def test_that_only_openssl_understands_points_to_openssl(
        self, role: Role, purpose: str
    ) -> None:
        report = replace(seen(Ending.REFUSED_BY_US, role=role), verify_code=99)
        (finding,) = told(report)

        assert "our own reading of the chain finds no fault" in finding.means
        assert finding.do.endswith(purpose)
        assert finding.rule == "X509_V_ERR 99 of OpenSSL"

    def test_of_a_chain_that_was_not_seen_is_told_all_the_same(self) -> None:
        report = replace(seen(Ending.REFUSED_BY_US, peer=None), verify_code=20)

        assert "it carries nothing" in told(report)[0].seen

    def test_of_somebody_else_tells_what_was_shown_wanted_and_by_which_rule(self) -> None:
        other = leaf("other.domain.local", issuer=ROOT, key=rsa_key())
        report = replace(
            seen(Ending.REFUSED_BY_US, peer=other, detail="the evidence"), is_somebody_else=True
        )
        (finding,) = told(report)

        assert finding.code == "identity.peer-not-recognised"
        assert f"we expect {GATEWAY}, by the rule any-name" in finding.seen
        assert "we do not take the peer for lync" in finding.means

    @pytest.mark.parametrize("around", [STRANGER, replace(AROUND, demand=OurDemand.of(GATEWAY))])
    def test_of_somebody_else_keeps_the_evidence_of_its_time(self, around: Surroundings) -> None:
        """Where nothing is asked any more, or something that the peer does carry."""
        report = replace(
            seen(Ending.REFUSED_BY_US, detail="it carried x, we expected y"), is_somebody_else=True
        )
        (finding,) = told(report, around)

        assert finding.code == "handshake.somebody-else"
        assert finding.seen.endswith("it carried x, we expected y")


class TestWhoWeAre:
    @pytest.mark.parametrize(
        ("common_names", "words"),
        [
            ((), "certificate has no common name (subject O=Umbel)"),
            (("a", "b"), "certificate's common names are a and b"),
        ],
    )
    def test_is_told_whatever_the_subject_looks_like(
        self, common_names: tuple[str, ...], words: str
    ) -> None:
        own = issue(
            distinguished(*common_names, organisation="Umbel" if not common_names else ""),
            issuer=ROOT,
            key=rsa_key(),
        )

        assert words in told(seen(Ending.CLOSED_BY_PEER, own=own))[0].seen

    def test_on_ipv6_has_brackets_around_the_address(self) -> None:
        report = replace(seen(Ending.CLOSED_BY_PEER), remote=("2001:db8::5", 5061))

        assert told(report)[0].seen.startswith("to [2001:db8::5]:5061: ")

    def test_that_a_rule_leaves_open_is_a_doubt(self) -> None:
        """Of two common names it is not documented which one Lync reads."""
        own = issue(distinguished("um.domain.local", NODE), issuer=ROOT, key=rsa_key())
        doubt = next(
            one for one in told(seen(Ending.CLOSED_BY_PEER, own=own)) if "perhaps" in one.code
        )

        assert doubt.severity is Severity.WARNING
        assert "lync may refuse the connections" in doubt.means

    def test_that_the_peer_has_by_another_name_has_a_cure_on_both_sides(self) -> None:
        around = replace(AROUND, model=PeersDemand.of(LYNC, dials=(), knows=("um.domain.local",)))
        named = told(seen(Ending.CLOSED_BY_PEER), around)[0]

        assert f"have the peer's administrator add {NODE} to the servers" in named.do

    def test_that_is_nobody_the_peer_dials_is_told(self) -> None:
        nobody = replace(AROUND, model=PeersDemand.of(ANY_NAME, dials=(), knows=()))
        report = seen(Ending.CLOSED_BY_PEER, role=Role.SERVER, flights=2)

        assert any("lync dials no name at all" in one.seen for one in told(report, nobody))
