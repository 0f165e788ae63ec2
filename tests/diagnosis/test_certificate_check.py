"""What files with certificates and keys are worth, put together."""

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.support.certificates import NOW, Issued, authority, leaf

from umbel.core.findings import Severity
from umbel.diagnosis.certificate_check import CertificateCheck, KeyState, check_files
from umbel.diagnosis.pem import PemFile, read_pem
from umbel.identity.judgement import Verdict

ROOT = authority()
ISSUING = authority("Test Issuing", issuer=ROOT)
NODE = leaf(issuer=ROOT)
NAME = "node01.domain.local"


def certificates(name: str, *issued: Issued) -> PemFile:
    return read_pem(name, b"".join(one.certificate.public_bytes(Encoding.PEM) for one in issued))


def key(issued: Issued) -> PemFile:
    octets = issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return read_pem("node.key", octets)


def check(*files: PemFile, node: str = NAME, trust: tuple[bytes, ...] = ()) -> CertificateCheck:
    return check_files(files, node=node, trust=trust, at=NOW)


def grave(check: CertificateCheck) -> list[str]:
    return [one.code for one in check.findings if one.severity > Severity.INFO]


class TestACertificateWithItsKey:
    def test_is_in_order_with_its_root_in_whatever_order_they_are_named(self) -> None:
        found = check(certificates("root.pem", ROOT), key(NODE), certificates("node.pem", NODE))

        assert grave(found) == []
        assert found.key is KeyState.FITS
        assert found.summary == f"The certificate of {NAME} is as peers want it."

    def test_is_accepted_by_every_kind_of_peer(self) -> None:
        found = check(certificates("node.pem", NODE), key(NODE))
        verdicts = {(one.to_peer.verdict, one.from_peer.verdict) for one in found.verdicts}

        assert verdicts == {(Verdict.ACCEPTED, Verdict.ACCEPTED)}

    def test_has_the_name_that_it_says_where_nobody_says_another(self) -> None:
        assert check(certificates("node.pem", NODE), node="").node == NAME


class TestAKeyOfAnotherCertificate:
    def test_is_told_from_a_missing_one(self) -> None:
        found = check(certificates("node.pem", NODE), key(ISSUING))

        assert found.key is KeyState.DOES_NOT_FIT
        assert grave(found) == ["tls.key-does-not-fit"]
        assert check(certificates("node.pem", NODE)).key is KeyState.MISSING


class TestAnUnknownAuthority:
    def test_is_a_remark_where_nobody_said_who_is_trusted(self) -> None:
        found = check(certificates("node.pem", leaf(issuer=ISSUING)))

        assert grave(found) == []
        assert "chain.missing-issuer" in [one.code for one in found.findings]

    def test_is_an_error_where_somebody_else_is(self) -> None:
        other = authority("Other Root")
        found = check(certificates("node.pem", NODE), trust=(other.der,))

        assert "chain.missing-issuer" in grave(found)
        assert not any(verdict.takes_chain for verdict in found.verdicts)


class TestAnIntermediateInAFileOfItsOwn:
    def test_is_missing_where_it_has_to_be_sent(self) -> None:
        found = check(
            certificates("node.pem", leaf(issuer=ISSUING)),
            certificates("issuing.pem", ISSUING),
            certificates("root.pem", ROOT),
        )

        assert grave(found) == ["chain.missing-intermediate"]


class TestASharedCertificate:
    def test_is_refused_where_the_common_name_counts(self) -> None:
        """The story's: it serves as server, and nobody knows the client."""
        shared = leaf("um.domain.local", issuer=ROOT, dns=("um.domain.local", NAME))
        found = check(certificates("um.pem", shared))
        lync = next(one for one in found.verdicts if one.rule.name == "lync")

        assert lync.to_peer.verdict is Verdict.REFUSED
        assert lync.from_peer.verdict is Verdict.ACCEPTED
        assert "tls.common-name-is-not-node" in grave(found)


class TestFilesWithoutACertificate:
    def test_a_key_alone_says_nothing(self) -> None:
        found = check(key(NODE))

        assert [one.code for one in found.findings] == ["pem.no-certificate"]
        assert found.verdicts == ()
        assert found.summary == "There is no certificate among the files to judge."

    def test_one_that_cannot_be_read_says_why(self) -> None:
        assert grave(check(read_pem("node.pem", b""))) == ["pem.not-pem"]
