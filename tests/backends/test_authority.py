"""The authority in a folder: what its certificates say, and that it stays the same."""

from pathlib import Path

import pytest
from cryptography import x509
from tests.support.still_clock import PIONEERS_DAY

from umbel.backends.authority import Authority
from umbel.core.errors import Mistake

NODE = "node01.example.org"


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


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


class TestTheFolder:
    def test_keeps_the_authority(self, tmp_path: Path) -> None:
        first = Authority(tmp_path, PIONEERS_DAY).issue(NODE).trust.read_bytes()
        second = Authority(tmp_path, PIONEERS_DAY).issue(NODE).trust.read_bytes()

        assert first == second

    def test_that_lost_its_key_is_told(self, tmp_path: Path) -> None:
        Authority(tmp_path, PIONEERS_DAY)
        (tmp_path / "authority.key").write_text("no key")

        with pytest.raises(Mistake, match="expected the authority that Umbel made there"):
            Authority(tmp_path, PIONEERS_DAY)
