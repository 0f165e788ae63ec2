"""A key and the certificates that it may belong to."""

from tests.support.certificates import authority, leaf

from umbel.identity.key_fit import key_fit_findings

ROOT = authority()
NODE = leaf(issuer=ROOT)
OTHER = leaf("node02.domain.local", issuer=ROOT)


class TestKey:
    def test_of_the_first_certificate_fits(self) -> None:
        assert list(key_fit_findings([NODE.der, ROOT.der], NODE.public_key_info)) == []

    def test_of_another_certificate_shows_the_wrong_order(self) -> None:
        (finding,) = key_fit_findings([ROOT.der, NODE.der], NODE.public_key_info)

        assert finding.code == "tls.key-fits-another"
        assert "fits the certificate of node01.domain.local" in finding.seen

    def test_of_no_certificate_is_a_stranger(self) -> None:
        (finding,) = key_fit_findings([NODE.der], OTHER.public_key_info)

        assert finding.code == "tls.key-does-not-fit"
        assert "our certificate node01.domain.local" in finding.seen

    def test_without_any_certificate_cannot_be_judged(self) -> None:
        """That none can be read is a finding of the chain."""
        assert list(key_fit_findings([b"nothing"], NODE.public_key_info)) == []
