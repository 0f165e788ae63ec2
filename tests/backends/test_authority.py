"""The authority in a folder: what its certificates say, and that it stays the same."""

import subprocess
from base64 import b64encode
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtensionOID
from tests.support.program import require
from tests.support.still_clock import PIONEERS_DAY

from umbel.backends.authority import Authority, AuthorityTerms
from umbel.backends.private_keys import SigningKey, make_key, read_key
from umbel.backends.signing_requests import make_request, read_request, requested_names, subject
from umbel.core.errors import Mistake
from umbel.identity.certificate_request import KeyKind, RequestedNames

NODE = "node01.example.org"
URL = "http://authority.example.org/umbel.crl"
KEY = make_key(KeyKind.EC_P256)


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def openssl(*arguments: str | Path) -> str:
    """Run OpenSSL and give what it says; it has to succeed."""
    program = require("openssl", "openssl")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def at_day() -> str:
    return str(int(PIONEERS_DAY.timestamp()))


class TestACertificate:
    def test_says_critically_what_it_may_be_used_for(self, tmp_path: Path) -> None:
        """Whoever does not understand these must not trust it (RFC 5280 sections 4.2.1.3, 4.2.1.9)."""
        files = Authority(tmp_path, PIONEERS_DAY).issue(NODE)
        for path, is_authority in ((files.trust, True), (files.certificate, False)):
            extensions = certificate(path).extensions
            basic = extensions.get_extension_for_class(x509.BasicConstraints)
            usage = extensions.get_extension_for_class(x509.KeyUsage)

            assert (basic.critical, basic.value.ca) == (True, is_authority)
            assert (usage.critical, usage.value.key_cert_sign) == (True, is_authority)

    def test_names_the_node_and_its_addresses(self, tmp_path: Path) -> None:
        files = Authority(tmp_path, PIONEERS_DAY).issue(NODE, ["192.0.2.1"])
        found = certificate(files.certificate)
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

        assert found.subject.rfc4514_string() == f"CN={NODE}"
        assert names.get_values_for_type(x509.DNSName) == [NODE]
        assert [str(it) for it in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.1"]

    def test_has_a_key_that_only_its_owner_can_read(self, tmp_path: Path) -> None:
        files = Authority(tmp_path, PIONEERS_DAY).issue(NODE)

        assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("*.key")} == {0o600}
        assert files.key.exists()

    def test_does_not_outlive_its_authority(self, tmp_path: Path) -> None:
        Authority(tmp_path, PIONEERS_DAY)
        late = PIONEERS_DAY + timedelta(days=3600)
        files = Authority(tmp_path, late).issue(NODE)

        assert (
            certificate(files.certificate).not_valid_after_utc
            == certificate(files.trust).not_valid_after_utc
        )


@pytest.mark.peer
class TestOpenSsl:
    @pytest.mark.parametrize("kind", list(KeyKind))
    @pytest.mark.parametrize("purpose", ["sslserver", "sslclient"])
    def test_verifies_what_was_signed(self, tmp_path: Path, kind: KeyKind, purpose: str) -> None:
        terms = AuthorityTerms(domains=("example.org",), revocation_url=URL)
        authority = Authority(tmp_path, PIONEERS_DAY, terms)
        request = make_request(_keys(kind), RequestedNames.of_node(NODE))
        (tmp_path / "signed.pem").write_bytes(authority.sign(request))
        (tmp_path / "request.csr").write_bytes(request)
        revoked = tmp_path / "list.pem"
        openssl("crl", "-inform", "DER", "-in", authority.revocation_file, "-out", revoked)

        assert "verify OK" in openssl("req", "-verify", "-noout", "-in", tmp_path / "request.csr")
        openssl(
            "verify", "-x509_strict", "-purpose", purpose, "-attime", at_day(), "-crl_check",
            "-CRLfile", revoked, "-verify_hostname", NODE, "-CAfile", tmp_path / "authority.pem",
            tmp_path / "signed.pem",
        )  # fmt: skip

    def test_refuses_what_was_revoked(self, tmp_path: Path) -> None:
        authority = Authority(tmp_path, PIONEERS_DAY, AuthorityTerms(revocation_url=URL))
        files = authority.issue(NODE)
        serial = f"{certificate(files.certificate).serial_number:x}"
        before = Authority(tmp_path, PIONEERS_DAY).has_revoked(serial)
        found = authority.revoke(serial)
        authority.revoke(serial.upper())
        revoked = tmp_path / "list.pem"
        openssl("crl", "-inform", "DER", "-in", found, "-out", revoked)

        assert (before, authority.has_revoked(serial)) == (False, True)
        with pytest.raises(AssertionError, match="certificate revoked"):
            openssl(
                "verify", "-attime", at_day(), "-crl_check", "-CRLfile", revoked,
                "-CAfile", files.trust, files.certificate,
            )  # fmt: skip


class TestARevocationList:
    def test_is_named_in_what_is_issued(self, tmp_path: Path) -> None:
        """Lync asks for a distribution point in every server's certificate."""
        terms = AuthorityTerms(revocation_url=URL)
        files = Authority(tmp_path, PIONEERS_DAY, terms).issue(NODE)
        points = certificate(files.certificate).extensions.get_extension_for_class(
            x509.CRLDistributionPoints
        )
        names = points.value[0].full_name or []

        assert [name.value for name in names] == [URL]
        assert (tmp_path / "authority.crl").exists()

    def test_takes_serial_numbers_only(self, tmp_path: Path) -> None:
        with pytest.raises(Mistake, match="expected a serial number in hexadecimal"):
            Authority(tmp_path, PIONEERS_DAY).revoke("node01")


class TestConstraints:
    TERMS = AuthorityTerms(domains=("example.org",))

    def test_keep_an_authority_to_its_domains(self, tmp_path: Path) -> None:
        authority = Authority(tmp_path, PIONEERS_DAY, self.TERMS)
        constraints = certificate(tmp_path / "authority.pem").extensions.get_extension_for_class(
            x509.NameConstraints
        )

        assert constraints.critical
        with pytest.raises(Mistake, match=r"node01\.example\.com, expected a name within example"):
            authority.issue("node01.example.com")

    def test_are_kept_with_the_folder(self, tmp_path: Path) -> None:
        Authority(tmp_path, PIONEERS_DAY, self.TERMS)

        with pytest.raises(Mistake, match="a name within"):
            Authority(tmp_path, PIONEERS_DAY).issue("notexample.org")


class TestARequest:
    NAMES = RequestedNames.of_node(NODE, ["um.example.org"], ["192.0.2.1"])

    def test_gives_its_names_and_proves_its_key(self) -> None:
        request = read_request(make_request(KEY, self.NAMES), "here")

        assert requested_names(request, "here") == self.NAMES

    def test_gets_other_names_where_they_are_given(self, tmp_path: Path) -> None:
        authority = Authority(tmp_path, PIONEERS_DAY)
        chain = authority.sign(make_request(KEY, self.NAMES), names=RequestedNames.of_node(NODE))
        names = x509.load_pem_x509_certificate(chain).extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )

        assert names.value.get_values_for_type(x509.DNSName) == [NODE]

    def test_that_was_altered_is_refused(self) -> None:
        """Its signature no longer is that of its key."""
        request = x509.load_pem_x509_csr(make_request(KEY, self.NAMES))
        forged = request.public_bytes(Encoding.DER).replace(b"node01", b"node02")

        with pytest.raises(Mistake, match="whose signature is not that of its key"):
            read_request(_pem(forged), "here")

    def test_that_is_none_is_refused(self) -> None:
        with pytest.raises(Mistake, match="expected a certificate signing request"):
            read_request(b"nothing", "here")

    def test_without_a_name_is_refused(self) -> None:
        bare = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))

        with pytest.raises(Mistake, match="expected one common name"):
            requested_names(bare.sign(KEY, SHA256()), "here")

    def test_with_names_that_cannot_be_read_is_refused(self) -> None:
        nonsense = x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, b"nonsense")
        odd = x509.CertificateSigningRequestBuilder().subject_name(subject("node.umbel.test"))
        request = odd.add_extension(nonsense, critical=False).sign(KEY, SHA256())
        with pytest.raises(Mistake, match="extensions that cannot be read"):
            requested_names(request, "here")

    def test_of_too_long_a_name_is_not_made(self) -> None:
        with pytest.raises(Mistake, match="at most 64"):
            make_request(KEY, RequestedNames.of_node("n" * 60 + ".example.org"))


class TestTheFolder:
    def test_keeps_the_authority(self, tmp_path: Path) -> None:
        first = Authority(tmp_path, PIONEERS_DAY).issue(NODE).trust.read_bytes()
        second = Authority(tmp_path, PIONEERS_DAY).issue(NODE).trust.read_bytes()

        assert first == second
        assert Authority.is_in(tmp_path)

    def test_gives_files_for_other_nodes_with_the_root(self, tmp_path: Path) -> None:
        authority = Authority(tmp_path / "authority", PIONEERS_DAY)
        made = authority.issue_files(
            RequestedNames.of_node(NODE), KeyKind.EC_P256, tmp_path / "files"
        )

        assert [path.name for path in made] == [f"{NODE}.pem", f"{NODE}.key", "authority.pem"]
        assert made[2].read_bytes() == authority.root_pem

    @pytest.mark.parametrize("key", ["no key", "Ed25519"])
    def test_that_lost_its_key_is_told(self, tmp_path: Path, key: str) -> None:
        Authority(tmp_path, PIONEERS_DAY)
        (tmp_path / "authority.key").write_text(_ed25519() if key == "Ed25519" else key)

        with pytest.raises(Mistake, match="expected the authority that Umbel made there"):
            Authority(tmp_path, PIONEERS_DAY)


class TestPrivateKeys:
    def test_that_cannot_sign_here_are_told(self) -> None:
        with pytest.raises(Mistake, match="expected an RSA key or one of an elliptic curve"):
            read_key(_ed25519().encode(), "here")
        with pytest.raises(Mistake, match="expected a private key in PEM"):
            read_key(b"no key", "here")


def _keys(kind: KeyKind) -> SigningKey:
    """Make a key of each kind once: those of 4096 bits take their time."""
    if kind not in _MADE:
        _MADE[kind] = make_key(kind)
    return _MADE[kind]


_MADE: dict[KeyKind, SigningKey] = {}


def _ed25519() -> str:
    key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _pem(der: bytes) -> bytes:
    body = b64encode(der).decode()
    return (
        f"-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----".encode()
    )
