"""Every fault of a chain, injected one at a time into certificates that are otherwise good."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.certificates import (
    CLIENT_ONLY,
    NOW,
    SERVER_ONLY,
    Issued,
    authority,
    distinguished,
    elliptic_key,
    issue,
    leaf,
    revocation_list,
    rsa_key,
    signed_anew,
    usage,
)

from umbel.core.findings import Finding, Severity
from umbel.identity.chain.path import End
from umbel.identity.chain.policy import LYNC_CHAIN, PKIX_CHAIN, ChainPolicy
from umbel.identity.chains import OURS, PEERS, Trust, chain_findings, chain_path
from umbel.identity.handshake import Role

ROOT = authority("Test Root")
MIDDLE = authority("Test Intermediate", issuer=ROOT)
NODE = leaf(issuer=MIDDLE)


def findings(
    *chain: Issued | bytes,
    anchors: Sequence[Issued] = (ROOT,),
    known: Sequence[Issued] = (),
    lists: Sequence[bytes] = (),
    policy: ChainPolicy = PKIX_CHAIN,
    played: Role = Role.SERVER,
    at: datetime = NOW,
) -> list[Finding]:
    """Read a chain of ours."""
    trust = Trust(
        anchors=[one.der for one in anchors],
        also_known=[one.der for one in known],
        revocation_lists=lists,
        policy=policy,
    )
    octets = [one if isinstance(one, bytes) else one.der for one in chain]
    return list(chain_findings(octets, played=played, whose=OURS, trust=trust, at=at))


def codes(found: Sequence[Finding]) -> list[str]:
    """Give the codes alone, without the area."""
    return [one.code.removeprefix("chain.") for one in found]


def the_one(found: Sequence[Finding], code: str) -> Finding:
    """Give the only finding, which must have this code."""
    assert codes(found) == [code]
    assert found[0].means
    assert found[0].do
    assert found[0].rule
    return found[0]


class TestHealthyChain:
    @pytest.mark.parametrize("played", list(Role))
    @pytest.mark.parametrize("policy", [PKIX_CHAIN, LYNC_CHAIN])
    def test_yields_nothing_to_warn_of(self, played: Role, policy: ChainPolicy) -> None:
        """The negative control: a good pair must not frighten anybody."""
        found = findings(NODE, MIDDLE, policy=policy, played=played)

        assert [one for one in found if one.severity > Severity.INFO] == []

    def test_straight_from_the_root_yields_nothing(self) -> None:
        assert findings(leaf(issuer=ROOT)) == []

    def test_for_lync_has_a_key_and_a_signature_by_rsa(self) -> None:
        root = authority("RSA Root", key=rsa_key())

        assert findings(leaf(issuer=root, key=rsa_key()), anchors=[root], policy=LYNC_CHAIN) == []

    def test_that_signed_itself_is_fine_where_it_is_trusted_as_it_is(self) -> None:
        alone = issue("node01.domain.local", extensions=[x509.ExtendedKeyUsage(SERVER_ONLY)])

        assert findings(alone, anchors=[alone]) == []

    def test_may_go_by_an_older_root_of_the_same_key(self) -> None:
        """The anchor is a name with a key; that it was issued anew changes nothing."""
        renewed = authority("Test Root", begins=NOW - timedelta(days=10))

        assert findings(NODE, MIDDLE, anchors=[renewed]) == []


class TestTrust:
    def test_missing_issuer_is_named(self) -> None:
        finding = the_one(findings(NODE), "missing-issuer")

        assert "CN=Test Intermediate, which issued our certificate node01" in finding.seen
        assert "add the certificate of CN=Test Intermediate" in finding.do

    def test_missing_issuer_is_named_with_the_place_to_get_it(self) -> None:
        place = x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS,
            x509.UniformResourceIdentifier("http://authority.example/middle.crt"),
        )
        other = x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://o.example")
        )
        node = leaf(issuer=MIDDLE, extensions=[x509.AuthorityInformationAccess([other, place])])

        (finding,) = findings(node)

        assert finding.seen.endswith("it can be had at http://authority.example/middle.crt")

    def test_missing_intermediate_is_known_for_what_it_is_where_we_have_it(self) -> None:
        finding = the_one(findings(NODE, known=[MIDDLE]), "missing-intermediate")

        assert "CN=Test Intermediate was not sent" in finding.seen
        assert "add the certificate of Test Intermediate" in finding.do

    def test_intermediate_that_is_known_and_was_sent_is_not_missing(self) -> None:
        assert findings(NODE, MIDDLE, known=[MIDDLE]) == []

    def test_unknown_root_is_named(self) -> None:
        finding = the_one(findings(NODE, MIDDLE, ROOT, anchors=[]), "unknown-root")

        assert "leads to CN=Test Root, which is not trusted" in finding.seen
        assert finding.do == "have the peer's administrator trust CN=Test Root"

    def test_self_signed_certificate_is_told(self) -> None:
        finding = the_one(findings(issue("node01.domain.local")), "self-signed")

        assert "our certificate node01.domain.local signed itself" in finding.seen

    def test_self_signed_certificate_is_no_good_with_lync_even_if_trusted(self) -> None:
        """Facts 7.1: self-signed unusable with Lync."""
        alone = issue("node01.domain.local")

        assert "self-signed" in codes(findings(alone, anchors=[alone], policy=LYNC_CHAIN))

    def test_issuer_of_the_same_name_with_another_key_is_told_apart(self) -> None:
        """An authority made anew under its old name: the most puzzling of all."""
        imposter = authority("Test Root", key=elliptic_key("another"))

        finding = the_one(findings(NODE, MIDDLE, anchors=[imposter]), "issuer-has-another-key")

        assert "made anew under its old name" in finding.means

    def test_altered_certificate_has_a_bad_signature(self) -> None:
        altered = NODE.der.replace(b"node01.domain.local", b"node99.domain.local")

        finding = the_one(findings(altered, MIDDLE), "bad-signature")

        assert "was not made by its issuer CN=Test Intermediate" in finding.seen

    def test_two_authorities_that_vouch_for_each_other_are_no_trap(self) -> None:
        """A loop of cross-certificates ends, and is told as an unknown issuer."""
        one, other = elliptic_key("one"), elliptic_key("other")
        first = authority("One", key=one, issuer=authority("Other", key=other))
        second = authority("Other", key=other, issuer=authority("One", key=one))
        node = leaf(issuer=first)

        path = chain_path([node.der, first.der, second.der], Trust(anchors=[ROOT.der]))

        assert path is not None
        assert not path.is_trusted
        assert len(path.certificates) == 3

    def test_leads_by_a_cross_certificate_where_the_sent_root_is_unknown(self) -> None:
        old = authority("Old Root")
        new = authority("New Root")
        cross = authority("New Root", issuer=old)
        node = leaf(issuer=new)

        path = chain_path([node.der, new.der, cross.der], Trust(anchors=[old.der]))

        assert path is not None
        assert path.end is End.TRUSTED
        assert [str(one) for one in path.certificates][1:] == ["New Root", "Old Root"]

    @pytest.mark.parametrize("chain", [[], [b"nothing"], [b"nothing", NODE.der]])
    def test_leads_nowhere_without_a_leaf(self, chain: list[bytes]) -> None:
        assert chain_path(chain, Trust(anchors=[])) is None


class TestSending:
    def test_in_the_wrong_order_names_the_right_one(self) -> None:
        upper = authority("Upper", issuer=ROOT)
        lower = authority("Lower", issuer=upper)
        node = leaf(issuer=lower)

        finding = the_one(findings(node, upper, lower), "wrong-order")

        assert "in this order: node01.domain.local, then Lower, then Upper" in finding.do

    def test_with_the_authority_first(self) -> None:
        found = findings(MIDDLE, NODE)

        assert "leaf-not-first" in codes(found)
        assert "put the certificate of node01.domain.local first" in found[0].do

    def test_of_a_stranger_is_told(self) -> None:
        finding = the_one(findings(NODE, MIDDLE, authority("Stranger")), "not-needed")

        assert finding.severity is Severity.INFO
        assert "the certificate Stranger was sent" in finding.seen

    def test_of_the_root_is_told(self) -> None:
        assert the_one(findings(NODE, MIDDLE, ROOT), "root-sent").severity is Severity.INFO

    def test_of_the_same_certificate_twice_is_told(self) -> None:
        finding = the_one(findings(NODE, MIDDLE, MIDDLE), "duplicate")

        assert "our certificate Test Intermediate was sent 2 times" in finding.seen

    def test_of_nothing_is_told(self) -> None:
        the_one(findings(), "empty")

    def test_of_what_is_no_certificate_is_told_with_its_place(self) -> None:
        found = findings(NODE, b"nothing", MIDDLE)

        assert "certificate 2 of our chain cannot be read" in the_one(found, "unreadable").seen

    def test_of_a_leaf_that_is_no_certificate_ends_the_reading(self) -> None:
        the_one(findings(b"nothing", MIDDLE), "unreadable")


class TestValidity:
    def test_in_the_past_is_expired_by_a_named_clock(self) -> None:
        node = leaf(issuer=MIDDLE, ends=NOW - timedelta(days=3))

        finding = the_one(findings(node, MIDDLE), "expired")

        assert finding.seen == (
            "our certificate node01.domain.local was valid until 2026-11-20 12:00 UTC, 3 days ago "
            "by this machine's clock (2026-11-23 12:00 UTC)"
        )

    def test_that_begins_in_an_hour_points_to_the_clocks(self) -> None:
        """Facts, section 9, row 32: clock skew."""
        node = leaf(issuer=MIDDLE, begins=NOW + timedelta(hours=1))

        finding = the_one(findings(node, MIDDLE), "not-yet-valid")

        assert "in 1 hour by this machine's clock (2026-11-23 12:00 UTC)" in finding.seen
        assert finding.do.startswith("set the clocks of both machines")

    def test_that_begins_next_year_points_to_the_certificate_first(self) -> None:
        node = leaf(issuer=MIDDLE, begins=NOW + timedelta(days=90), ends=NOW + timedelta(days=400))

        finding = the_one(findings(node, MIDDLE), "not-yet-valid")

        assert finding.do.startswith("get this node a certificate that is valid now")

    @pytest.mark.parametrize(
        ("left", "told"),
        [
            (timedelta(days=29), "29 days"),
            (timedelta(hours=30), "1 day"),
            (timedelta(minutes=5), "5 minutes"),
            (timedelta(seconds=5), "less than a minute"),
        ],
    )
    def test_that_ends_soon_is_a_warning(self, left: timedelta, told: str) -> None:
        finding = the_one(findings(leaf(issuer=MIDDLE, ends=NOW + left), MIDDLE), "expires-soon")

        assert finding.severity is Severity.WARNING
        assert f"is valid for {told} more" in finding.seen

    def test_of_a_short_life_is_measured_by_its_own_length(self) -> None:
        """An authority that issues for six days must not warn for all of them."""
        young = leaf(issuer=MIDDLE, begins=NOW - timedelta(days=1), ends=NOW + timedelta(days=5))

        assert findings(young, MIDDLE) == []

    def test_of_an_intermediate_counts_as_well(self) -> None:
        """testssl #2199: which certificate of the chain has expired?"""
        middle = authority("Old Intermediate", issuer=ROOT, ends=NOW - timedelta(days=1))

        finding = the_one(findings(leaf(issuer=middle), middle), "expired")

        assert "our certificate Old Intermediate was valid until" in finding.seen


class TestUsage:
    @pytest.mark.parametrize(
        ("usages", "played", "seen"),
        [
            (CLIENT_ONLY, Role.SERVER, "is for clientAuth only, and serverAuth is needed"),
            (SERVER_ONLY, Role.CLIENT, "is for serverAuth only, and clientAuth is needed"),
            (
                (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,),
                Role.SERVER,
                "is for anyExtendedKeyUsage only",
            ),
            ((ExtendedKeyUsageOID.CODE_SIGNING,), Role.SERVER, "is for 1.3.6.1.5.5.7.3.3 only"),
        ],
    )
    def test_extended_must_hold_the_role(
        self, usages: tuple[x509.ObjectIdentifier, ...], played: Role, seen: str
    ) -> None:
        node = leaf(issuer=MIDDLE, usages=usages)

        finding = the_one(findings(node, MIDDLE, played=played), "extended-key-usage")

        assert seen in finding.seen
        assert "with serverAuth and clientAuth" in finding.do

    def test_extended_of_a_client_need_not_hold_its_role_with_lync(self) -> None:
        """Facts 7.1: serverAuth is essential, clientAuth is no longer required."""
        node = leaf(issuer=MIDDLE, usages=SERVER_ONLY)

        found = findings(node, MIDDLE, played=Role.CLIENT, policy=LYNC_CHAIN)

        assert "no-client-authentication" in codes(found)
        assert max(one.severity for one in found) is Severity.INFO

    def test_extended_of_a_client_must_hold_server_authentication_with_lync(self) -> None:
        node = leaf(issuer=MIDDLE, usages=CLIENT_ONLY)

        found = findings(node, MIDDLE, played=Role.CLIENT, policy=LYNC_CHAIN)

        assert "extended-key-usage" in codes(found)

    def test_extended_that_is_absent_allows_everything(self) -> None:
        node = issue("node01.domain.local", issuer=MIDDLE)

        assert findings(node, MIDDLE) == []

    @pytest.mark.parametrize(
        ("fields", "severity"),
        [
            (("digital_signature",), None),
            (("key_encipherment",), Severity.ERROR),
            (("key_agreement",), Severity.ERROR),
        ],
    )
    def test_of_an_elliptic_key_must_hold_signatures(
        self, fields: tuple[str, ...], severity: Severity | None
    ) -> None:
        node = leaf(issuer=MIDDLE, extensions=[usage(*fields)])

        found = findings(node, MIDDLE)

        assert [one.severity for one in found] == ([] if severity is None else [severity])

    def test_of_an_rsa_key_without_signatures_leaves_tls_1_2(self) -> None:
        node = leaf(issuer=MIDDLE, key=rsa_key(), extensions=[usage("key_encipherment")])

        assert the_one(findings(node, MIDDLE), "key-usage").severity is Severity.WARNING

    def test_of_an_authority_as_leaf_is_doubtful(self) -> None:
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        node = issue("node01.domain.local", issuer=MIDDLE, extensions=[constraints])

        the_one(findings(node, MIDDLE), "leaf-is-authority")

    def test_of_an_issuer_that_is_no_authority(self) -> None:
        """A node that issues certificates with its own: the classic forgery."""
        forged = leaf("node02.domain.local", issuer=NODE)

        finding = the_one(findings(forged, NODE, MIDDLE), "issuer-is-no-authority")

        assert "our issuer node01.domain.local is not marked as an authority" in finding.seen

    def test_of_an_issuer_without_basic_constraints(self) -> None:
        bare = issue("Bare", issuer=ROOT)

        the_one(findings(leaf(issuer=bare), bare), "issuer-is-no-authority")

    def test_of_an_old_root_without_basic_constraints_is_believed(self) -> None:
        old = issue("Old Root")

        assert findings(leaf(issuer=old), anchors=[old]) == []

    def test_of_an_issuer_that_may_not_sign(self) -> None:
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        middle = issue("Mute", issuer=ROOT, extensions=[constraints, usage("crl_sign")])

        the_one(findings(leaf(issuer=middle), middle), "issuer-may-not-sign")

    def test_of_an_issuer_for_other_roles(self) -> None:
        middle = authority(
            "Mail",
            issuer=ROOT,
            extensions=[x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])],
        )

        the_one(findings(leaf(issuer=middle), middle), "issuer-usage")

    def test_of_an_issuer_for_this_role_is_fine(self) -> None:
        middle = authority("TLS", issuer=ROOT, extensions=[x509.ExtendedKeyUsage(SERVER_ONLY)])

        assert findings(leaf(issuer=middle), middle) == []

    def test_of_a_path_may_not_be_longer_than_its_authority_allows(self) -> None:
        upper = authority("Upper", issuer=ROOT, path_length=0)
        lower = authority("Lower", issuer=upper)

        finding = the_one(findings(leaf(issuer=lower), lower, upper), "path-too-long")

        assert "our issuer Upper allows 0 authorities below it, and there are 1: Lower" in (
            finding.seen
        )

    def test_of_a_path_as_long_as_allowed_is_fine(self) -> None:
        upper = authority("Upper", issuer=ROOT, path_length=1)
        lower = authority("Lower", issuer=upper, path_length=0)

        assert findings(leaf(issuer=lower), lower, upper) == []

    def test_of_an_unknown_critical_extension_is_refused(self) -> None:
        strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
        node = leaf(issuer=MIDDLE, extensions=[(strange, True)])

        assert "1.2.3.4" in the_one(findings(node, MIDDLE), "unknown-critical-extension").seen


class TestStrength:
    @pytest.mark.parametrize(
        ("digest", "code"),
        [(hashes.MD5(), "broken-signature-algorithm"), (hashes.SHA1(), "sha1")],
    )
    def test_of_an_old_digest_is_not_enough(self, digest: hashes.HashAlgorithm, code: str) -> None:
        root = authority("RSA Root", key=rsa_key())
        old = signed_anew(leaf(issuer=root), rsa_key(), digest)

        assert the_one(findings(old, anchors=[root]), code).severity is Severity.ERROR

    def test_of_sha1_is_a_warning_with_lync(self) -> None:
        """Facts 7.1: SHA-1 and SHA-2."""
        root = authority("RSA Root", key=rsa_key())
        old = signed_anew(leaf(issuer=root, key=rsa_key()), rsa_key(), hashes.SHA1())

        finding = the_one(findings(old, anchors=[root], policy=LYNC_CHAIN), "sha1")

        assert finding.severity is Severity.WARNING

    def test_of_the_roots_own_signature_is_of_no_account(self) -> None:
        root = authority("RSA Root", key=rsa_key())
        old_root = signed_anew(root, rsa_key(), hashes.SHA1())
        trust = Trust(anchors=[old_root])
        chain = [leaf(issuer=root).der]

        found = chain_findings(chain, played=Role.SERVER, whose=OURS, trust=trust, at=NOW)

        assert list(found) == []

    def test_of_rsassa_pss_is_unknown_to_lync(self) -> None:
        """Facts, section 9, row 25."""
        root = authority("RSA Root", key=rsa_key())
        node = leaf(issuer=root, key=rsa_key(), pss=True)

        assert findings(node, anchors=[root]) == []
        assert codes(findings(node, anchors=[root], policy=LYNC_CHAIN)) == ["rsassa-pss"]

    @pytest.mark.parametrize(
        ("bits", "policy", "expected"),
        [
            (1024, PKIX_CHAIN, [("short-key", Severity.ERROR)]),
            (1024, LYNC_CHAIN, [("short-key", Severity.WARNING)]),
            (3072, PKIX_CHAIN, []),
            (3072, LYNC_CHAIN, [("unusual-key-size", Severity.INFO)]),
        ],
    )
    def test_of_an_rsa_key_is_its_size(
        self, bits: int, policy: ChainPolicy, expected: list[tuple[str, Severity]]
    ) -> None:
        root = authority("RSA Root", key=rsa_key())
        found = findings(leaf(issuer=root, key=rsa_key(bits)), anchors=[root], policy=policy)

        assert [(one.code.removeprefix("chain."), one.severity) for one in found] == expected

    def test_of_a_key_below_every_limit(self) -> None:
        policy = ChainPolicy(reader="A strict peer", source="its policy", least_rsa_bits=4096)
        node = leaf(issuer=MIDDLE, key=rsa_key())

        assert the_one(findings(node, MIDDLE, policy=policy), "short-key").rule == "its policy"

    def test_of_an_unusual_curve_is_doubtful(self) -> None:
        node = leaf(issuer=MIDDLE, key=elliptic_key("koblitz", ec.SECP256K1))

        assert "secp256k1" in the_one(findings(node, MIDDLE), "unusual-key").seen

    def test_of_an_edwards_curve_is_doubtful(self) -> None:
        root = authority("Edwards", key=ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)))
        key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))

        the_one(findings(leaf(issuer=root, key=key), anchors=[root]), "unusual-key")

    def test_of_a_dsa_key_is_none(self) -> None:
        """No version of TLS from 1.2 on that we speak can use it."""
        node = leaf(issuer=MIDDLE, key=dsa.generate_private_key(1024))

        assert "is DSA" in the_one(findings(node, MIDDLE), "unusable-key").seen

    def test_of_an_unknown_kind_of_key_is_none(self) -> None:
        plain = leaf(issuer=MIDDLE).der
        odd = plain.replace(
            bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06072a8648ce3d0209")
        )

        found = findings(odd, MIDDLE)

        assert "unusable-key" in codes(found)

    def test_of_an_unknown_signature_is_doubtful(self) -> None:
        """A signature that cannot be checked is told; it is no proof of forgery."""
        sha256_with_ecdsa = bytes.fromhex("06082a8648ce3d040302")
        odd = NODE.der.replace(sha256_with_ecdsa, bytes.fromhex("06082a8648ce3d040377"))

        found = findings(odd, MIDDLE)

        assert codes(found) == ["unknown-signature-algorithm"]
        assert "1.2.840.10045.4.3.119" in found[0].seen


class TestNameConstraints:
    @pytest.mark.parametrize(
        ("permitted", "excluded", "is_fine"),
        [
            ([x509.DNSName("domain.local")], None, True),
            ([x509.DNSName("node01.domain.local")], None, True),
            ([x509.DNSName(".domain.local")], None, True),
            ([x509.DNSName("")], None, True),
            ([x509.DNSName("other.local")], None, False),
            ([x509.DNSName("main.local")], None, False),
            (None, [x509.DNSName("domain.local")], False),
            ([x509.DNSName("domain.local")], [x509.DNSName("node01.domain.local")], False),
            ([x509.RFC822Name("domain.local")], None, True),
        ],
    )
    def test_bind_dns_names_by_their_last_labels(
        self,
        permitted: list[x509.GeneralName] | None,
        excluded: list[x509.GeneralName] | None,
        is_fine: bool,
    ) -> None:
        """RFC 5280 section 4.2.1.10: labels may be added on the left."""
        constraints = x509.NameConstraints(permitted, excluded)
        middle = authority("Constrained", issuer=ROOT, extensions=[(constraints, True)])

        found = findings(leaf(issuer=middle), middle)

        assert codes(found) == ([] if is_fine else ["name-constraint"])

    @pytest.mark.parametrize(
        ("name", "subtree", "is_fine"),
        [
            ("sip:domain.local", x509.UniformResourceIdentifier("domain.local"), True),
            ("sip:um.domain.local", x509.UniformResourceIdentifier("domain.local"), False),
            ("sip:um.domain.local", x509.UniformResourceIdentifier(".domain.local"), True),
            ("https:nothing", x509.UniformResourceIdentifier("domain.local"), True),
        ],
    )
    def test_bind_uris_by_their_host(
        self, name: str, subtree: x509.GeneralName, is_fine: bool
    ) -> None:
        constraints = x509.NameConstraints([subtree], None)
        middle = authority("Constrained", issuer=ROOT, extensions=[(constraints, True)])
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(name)])
        node = issue("Node", issuer=middle, extensions=[names])

        assert codes(findings(node, middle)) == ([] if is_fine else ["name-constraint"])

    @pytest.mark.parametrize(
        ("network", "is_fine"), [("192.0.2.0/24", True), ("10.0.0.0/8", False)]
    )
    def test_bind_addresses_by_their_network(self, network: str, is_fine: bool) -> None:
        subtree = x509.IPAddress(ip_network(network))
        constraints = x509.NameConstraints([subtree], None)
        middle = authority("Constrained", issuer=ROOT, extensions=[(constraints, True)])
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("192.0.2.1"))])
        node = issue("Node", issuer=middle, extensions=[names])

        assert codes(findings(node, middle)) == ([] if is_fine else ["name-constraint"])

    @pytest.mark.parametrize(("organisation", "is_fine"), [("Bell", True), ("Gray", False)])
    def test_bind_subjects_by_their_beginning(self, organisation: str, is_fine: bool) -> None:
        base = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Bell")])
        constraints = x509.NameConstraints([x509.DirectoryName(base)], None)
        middle = authority("Constrained", issuer=ROOT, extensions=[(constraints, True)])
        node = issue(distinguished("Node", organisation=organisation), issuer=middle)

        assert codes(findings(node, middle)) == ([] if is_fine else ["name-constraint"])

    @pytest.mark.parametrize(
        ("name", "is_fine"),
        [("node01.other.local", False), ("Node One", True), ("*.other.local", False)],
    )
    def test_bind_a_common_name_that_serves_as_dns_name(self, name: str, is_fine: bool) -> None:
        """As OpenSSL has it: else a common name would be the way around them."""
        constraints = x509.NameConstraints([x509.DNSName("domain.local")], None)
        middle = authority("Constrained", issuer=ROOT, extensions=[(constraints, True)])

        found = findings(issue(name, issuer=middle), middle)

        assert codes(found) == ([] if is_fine else ["name-constraint"])

    def test_do_not_bind_the_authoritys_own_renewed_certificate(self) -> None:
        constraints = x509.NameConstraints(None, [x509.DNSName("domain.local")])
        root = authority("domain.local", key=elliptic_key("old"), extensions=[(constraints, True)])
        renewed = authority("domain.local", key=elliptic_key("new"), issuer=root)
        node = leaf("node.other.local", issuer=renewed)

        assert findings(node, renewed, anchors=[root]) == []


class TestRevocation:
    def test_of_a_certificate_is_told_with_its_reason(self) -> None:
        stolen = revocation_list(MIDDLE, NODE, reason=x509.ReasonFlags.key_compromise)

        finding = the_one(findings(NODE, MIDDLE, lists=[stolen]), "revoked")

        assert finding.seen == (
            "our certificate node01.domain.local was revoked by Test Intermediate on 2026-11-22 "
            "(keyCompromise)"
        )

    def test_of_an_intermediate_counts_as_well(self) -> None:
        lists = [revocation_list(ROOT, MIDDLE), revocation_list(MIDDLE)]

        assert (
            "our certificate Test Intermediate"
            in the_one(findings(NODE, MIDDLE, lists=lists), "revoked").seen
        )

    def test_of_nobody_yields_nothing(self) -> None:
        assert findings(NODE, MIDDLE, lists=[revocation_list(MIDDLE)]) == []

    def test_by_a_list_that_is_overdue_is_doubtful(self) -> None:
        old = revocation_list(MIDDLE, due=NOW - timedelta(hours=2))

        finding = the_one(findings(NODE, MIDDLE, lists=[old]), "old-revocation-list")

        assert "was to be replaced by 2026-11-23 10:00 UTC" in finding.seen

    def test_by_a_list_that_another_signed_does_not_count(self) -> None:
        forged = revocation_list(MIDDLE, NODE, signing=ROOT)

        the_one(findings(NODE, MIDDLE, lists=[forged]), "bad-revocation-list")

    def test_by_a_list_that_cannot_be_read_is_told(self) -> None:
        found = findings(NODE, MIDDLE, lists=[b"nothing", revocation_list(MIDDLE)])

        the_one(found, "unreadable-revocation-list")

    def test_by_a_list_of_somebody_else_says_nothing(self) -> None:
        the_one(findings(NODE, MIDDLE, lists=[revocation_list(ROOT)]), "no-revocation-list")

    def test_is_not_asked_where_the_issuer_is_unknown(self) -> None:
        the_one(findings(NODE, lists=[revocation_list(ROOT)]), "missing-issuer")

    def test_needs_a_distribution_point_with_lync(self) -> None:
        """Facts 7.1: CDP required in every server certificate; section 9, row 23."""
        node = issue("node01.domain.local", issuer=MIDDLE)

        found = findings(node, MIDDLE, policy=LYNC_CHAIN)

        assert "no-distribution-point" in codes(found)


class TestStrangeCertificates:
    def test_with_two_extensions_of_a_kind_are_told(self) -> None:
        extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.99"), b"\x30\x00")
        node = leaf(issuer=MIDDLE, extensions=[extension])
        double = node.der.replace(bytes.fromhex("0603551d63"), bytes.fromhex("0603551d11"))

        found = findings(double, MIDDLE)

        assert "unreadable-extensions" in codes(found)

    def test_without_any_name_are_still_named(self) -> None:
        nameless = issue(x509.Name([]), issuer=MIDDLE, ends=NOW - timedelta(days=1))

        assert "our certificate without a subject was valid" in findings(nameless, MIDDLE)[0].seen

    def test_of_the_peer_have_cures_that_name_the_peer(self) -> None:
        trust = Trust(anchors=[])

        found = list(
            chain_findings([NODE.der], played=Role.SERVER, whose=PEERS, trust=trust, at=NOW)
        )

        assert "the peer's certificate node01.domain.local" in found[0].seen
        assert "add CN=Test Intermediate to the file that [tls] trust names" in found[0].do
        assert found[0].means == "we refuse TLS with this peer"

    @pytest.mark.filterwarnings("ignore")  # The library warns of certificates that it dislikes.
    @settings(max_examples=150, deadline=None)
    @given(st.integers(0, len(NODE.der) - 1), st.integers(0, 255))
    def test_with_any_one_wrong_byte_are_refused_with_a_reason(
        self, place: int, octet: int
    ) -> None:
        """What is not as it was signed never passes, and never crashes the reading."""
        der = NODE.der[:place] + bytes([octet]) + NODE.der[place + 1 :]

        found = findings(der, MIDDLE)

        is_unchanged = der == NODE.der
        assert is_unchanged or max(one.severity for one in found) >= Severity.WARNING
