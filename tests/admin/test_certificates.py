"""Operations on one node's certificate files: shown, requested, put to use if they fit."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from tests.support import certificates as made
from tests.support.still_clock import PIONEERS_DAY, StillClock

from umbel.admin.certificates import Certificates, Installed, NodeFiles
from umbel.admin.issuing import Issuing
from umbel.backends.authority import Authority
from umbel.backends.certificate_files import PemFiles
from umbel.core.errors import Mistake
from umbel.core.findings import Severity
from umbel.identity.certificate_facts import CertificateFacts
from umbel.identity.certificate_request import KeyKind, RequestedNames

NODE, OTHER = "node01.domain.local", "node02.domain.local"
NAMES = RequestedNames.of_node(NODE)
EC = KeyKind.EC_P256
DAY = timedelta(days=1)


class Workshop:
    """A node's folder, and an authority that the node trusts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = StillClock()
        self.authority = Authority(folder / "authority", PIONEERS_DAY)
        self.at = NodeFiles(
            certificate=folder / "node.pem", key=folder / "node.key", trust=folder / "trust.pem"
        )
        self.certificates = Certificates(PemFiles(), node=NODE, at=self.at, clock=self.clock)
        self.issuing = Issuing(self.authority, self.certificates)

    def signed(self, *names: str) -> Path:
        """Request a certificate on the node and have it signed, for other names if given."""
        request = self.certificates.request(NAMES, EC)
        wanted = RequestedNames.of_node(names[0], names[1:]) if names else None
        path = self.folder / "signed.pem"
        path.write_bytes(self.authority.sign(request.pem, names=wanted))
        return path


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """Give a node that has a certificate."""
    workshop = Workshop(tmp_path)
    assert workshop.issuing.issue_here(NAMES, EC).new is not None
    return workshop


def codes(done: Installed) -> list[str]:
    return [one.code for one in done.findings]


class TestRequesting:
    def test_leaves_the_key_in_use_alone(self, workshop: Workshop) -> None:
        before = workshop.at.key.read_bytes()
        request = workshop.certificates.request(NAMES, EC)

        assert workshop.at.key.read_bytes() == before
        assert request.key == workshop.at.new_key
        assert request.key.stat().st_mode & 0o777 == 0o600
        assert request.file.read_bytes() == request.pem

    def test_may_keep_the_key_for_those_who_pin_it(self, workshop: Workshop) -> None:
        keeping = Certificates(
            PemFiles(), node=NODE, at=workshop.at, clock=workshop.clock, keeps_key=True
        )
        key = workshop.at.key.read_bytes()
        done = Issuing(workshop.authority, keeping).issue_here(NAMES, EC)

        assert done.old is not None
        assert done.new is not None
        assert (done.old.pin, workshop.at.key.read_bytes()) == (done.new.pin, key)
        assert done.old.serial != done.new.serial

    def test_twice_leaves_the_answer_to_the_first_installable(self, workshop: Workshop) -> None:
        """It may have been on an authority's desk for days."""
        answer = workshop.signed()
        again = workshop.certificates.request(NAMES, EC)

        assert not again.is_key_new
        assert workshop.certificates.install(answer).new is not None

    def test_needs_a_place(self) -> None:
        homeless = Certificates(PemFiles(), node=NODE, at=None, clock=StillClock())

        with pytest.raises(Mistake, match=r"expected certificate, key and trust in \[tls\]"):
            homeless.request(NAMES, EC)

    def test_says_where_it_cannot_write(self, workshop: Workshop) -> None:
        workshop.at.new_key.mkdir()

        with pytest.raises(Mistake, match="expected a place that may be written to"):
            workshop.certificates.request(NAMES, EC)


class TestInstalling:
    def test_takes_up_what_was_requested_and_keeps_the_old_beside(self, workshop: Workshop) -> None:
        old = workshop.at.certificate.read_bytes(), workshop.at.key.read_bytes()
        done = workshop.certificates.install(workshop.signed())

        assert done.findings == ()
        assert done.old is not None
        assert done.new is not None
        assert done.old.serial != done.new.serial
        assert not workshop.at.new_key.exists()
        assert (
            (workshop.folder / "node.pem.old").read_bytes(),
            (workshop.folder / "node.key.old").read_bytes(),
        ) == old
        assert (workshop.folder / "node.key.old").stat().st_mode & 0o777 == 0o600

    def test_refuses_a_key_that_does_not_fit(self, workshop: Workshop) -> None:
        before = workshop.at.certificate.read_bytes()
        other = workshop.authority.issue(NODE)
        done = workshop.certificates.install(other.certificate, forced=True)

        assert codes(done) == ["tls.key-does-not-fit"]
        assert done.new is None
        assert workshop.at.certificate.read_bytes() == before

    def test_takes_the_key_that_is_named(self, workshop: Workshop) -> None:
        other = workshop.authority.issue(NODE)
        done = workshop.certificates.install(other.certificate, key=other.key)

        assert done.new is not None
        assert workshop.at.key.read_bytes() == other.key.read_bytes()
        assert other.key.exists()

    def test_takes_the_wrong_names_only_by_force(self, workshop: Workshop) -> None:
        """The incident's certificate: it carries the array's name, and warns."""
        signed = workshop.signed("um.domain.local", NODE)
        refused = workshop.certificates.install(signed)
        taken = workshop.certificates.install(signed, forced=True)

        assert codes(refused) == ["tls.common-name-is-not-node"]
        assert (refused.new, taken.new is not None) == (None, True)

    def test_refuses_what_is_out_of_date_by_force_as_well(self, workshop: Workshop) -> None:
        signed = workshop.signed()
        workshop.clock.go_on(timedelta(days=400).total_seconds())
        done = workshop.certificates.install(signed, forced=True)

        assert codes(done)[0] == "chain.expired"
        assert done.new is None

    def test_of_a_chain_takes_its_files_together(self, workshop: Workshop) -> None:
        done = workshop.certificates.install(
            workshop.signed(), chain=[workshop.authority.folder / "authority.pem"]
        )

        assert codes(done) == ["chain.root-sent"]
        assert workshop.at.certificate.read_text().count("BEGIN CERTIFICATE") == 2

    def test_without_any_key_is_told(self, workshop: Workshop) -> None:
        signed = workshop.signed()
        workshop.at.key.unlink()
        workshop.at.new_key.unlink()

        with pytest.raises(Mistake, match="no private key"):
            workshop.certificates.install(signed)


class TestAPrivateAuthorityWithAnIntermediate:
    """As step certificates has it: a root, an intermediate, and certificates of a day."""

    def signed(self, workshop: Workshop) -> tuple[Path, Path]:
        """Have the node's request signed by an intermediate; give its and the node's files."""
        root = made.authority("Step Root", begins=PIONEERS_DAY - DAY)
        between = made.authority("Step Intermediate", issuer=root, begins=PIONEERS_DAY - DAY)
        request = x509.load_pem_x509_csr(workshop.certificates.request(NAMES, EC).pem)
        builder = x509.CertificateBuilder(
            between.certificate.subject, request.subject, request.public_key(), 4711,
            PIONEERS_DAY, PIONEERS_DAY + DAY, list(request.extensions),
        )  # fmt: skip
        assert isinstance(between.key, ec.EllipticCurvePrivateKey)
        leaf = builder.sign(between.key, SHA256())
        files = workshop.folder / "leaf.pem", workshop.folder / "intermediate.pem"
        for path, one in zip(files, (leaf, between.certificate), strict=True):
            path.write_bytes(one.public_bytes(Encoding.PEM))
        workshop.at.trust.write_bytes(root.certificate.public_bytes(Encoding.PEM))
        return files

    def test_fits_with_it(self, workshop: Workshop) -> None:
        leaf, intermediate = self.signed(workshop)
        done = workshop.certificates.install(leaf, chain=[intermediate])

        assert done.findings == ()
        assert done.new is not None
        assert done.new.issuer == "CN=Step Intermediate"

    def test_does_not_fit_without_it(self, workshop: Workshop) -> None:
        leaf, _ = self.signed(workshop)
        done = workshop.certificates.install(leaf)

        assert codes(done) == ["chain.missing-issuer"]
        assert done.new is None


class TestIssuingHere:
    def test_makes_the_node_trust_its_authority_once(self, workshop: Workshop) -> None:
        workshop.issuing.issue_here(NAMES, EC)

        assert workshop.at.trust.read_text().count("BEGIN") == 1
        assert workshop.issuing.fingerprint == workshop.authority.fingerprint

    def test_adds_it_to_those_whom_the_node_trusts_already(self, workshop: Workshop) -> None:
        another = Authority(workshop.folder / "another", PIONEERS_DAY)
        Issuing(another, workshop.certificates).issue_here(NAMES, EC)

        assert workshop.at.trust.read_text().count("BEGIN") == 2


class TestShowing:
    def test_the_nodes_own_gives_facts_and_findings(self, workshop: Workshop) -> None:
        shown = workshop.certificates.show()
        (facts,) = shown.certificates

        assert isinstance(facts, CertificateFacts)
        assert facts.names.dns_names == (NODE,)
        assert (shown.findings, shown.is_good) == ((), True)

    def test_any_files_needs_nothing(self, workshop: Workshop) -> None:
        bare = Certificates(PemFiles(), node="", at=None, clock=workshop.clock)
        files = workshop.authority.issue(OTHER)
        (shown,) = bare.show_files([files.certificate, files.key])

        assert shown.where == files.certificate
        assert shown.findings == ()

    def test_any_files_tells_of_a_key_that_does_not_fit(self, workshop: Workshop) -> None:
        bare = Certificates(PemFiles(), node="", at=None, clock=workshop.clock)
        (shown,) = bare.show_files(
            [workshop.at.key, workshop.authority.issue(OTHER).certificate], trust=workshop.at.trust
        )

        assert [one.code for one in shown.findings] == ["tls.key-does-not-fit"]
        assert not shown.is_good

    def test_a_file_with_both_compares_them(self, workshop: Workshop) -> None:
        both = workshop.folder / "both.pem"
        files = workshop.authority.issue(OTHER)
        both.write_bytes(files.key.read_bytes() + files.certificate.read_bytes())
        bare = Certificates(PemFiles(), node="", at=None, clock=workshop.clock)

        assert bare.show_files([both, workshop.at.key])[0].findings == ()

    def test_whom_nobody_vouches_for_is_doubtful(self, workshop: Workshop) -> None:
        stranger = Authority(workshop.folder / "stranger", PIONEERS_DAY).issue(OTHER)
        bare = Certificates(PemFiles(), node="", at=None, clock=workshop.clock)
        (shown,) = bare.show_files([stranger.certificate], trust=workshop.at.trust)

        assert [(one.code, one.severity) for one in shown.findings] == [
            ("chain.issuer-has-another-key", Severity.ERROR)
        ]


class TestFiles:
    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (b"", "neither a certificate nor a private key"),
            (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "in PEM"),
            (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "in PEM"),
        ],
    )
    def test_that_hold_nothing_are_told(
        self, tmp_path: Path, content: bytes, expected: str
    ) -> None:
        (tmp_path / "file").write_bytes(content)

        with pytest.raises(Mistake, match=expected):
            PemFiles().read(tmp_path / "file")

    def test_that_are_not_there_are_told(self, tmp_path: Path) -> None:
        with pytest.raises(Mistake, match="expected a file with a certificate"):
            PemFiles().read(tmp_path / "none")

    def test_may_be_der(self, tmp_path: Path, workshop: Workshop) -> None:
        (tmp_path / "file.der").write_bytes(workshop.authority.root)

        assert PemFiles().read(tmp_path / "file.der").certificates == (workshop.authority.root,)
