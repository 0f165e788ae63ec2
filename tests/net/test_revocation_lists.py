"""Revocation lists: whoever is in one is refused, in both roles."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_crl
from tests.support.raw_peer import closing
from tests.support.sip_wire import OPTIONS, Wire, named

from umbel.backends.authority import Authority
from umbel.core.errors import Mistake, Unavailable
from umbel.identity.certificate_facts import CertificateFacts, certificate_facts
from umbel.identity.chains import Trust
from umbel.identity.handshake import Ending
from umbel.identity.handshake_findings import handshake_findings
from umbel.identity.surroundings import Surroundings
from umbel.net.revocation_lists import read_revocation_lists
from umbel.net.tls_identity import TlsIdentity
from umbel.sip.hop import Transport

UM, GATEWAY = "um.example.org", "gateway.example.org"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority", datetime.now(UTC))


def identity(authority: Authority, name: str, lists: Sequence[Path] = ()) -> TlsIdentity:
    files = authority.issue(name)
    return TlsIdentity.load(
        certificate=files.certificate, key=files.key, trust=files.trust, revocation_lists=lists
    )


def revoke(authority: Authority, one: TlsIdentity) -> Path:
    facts = certificate_facts(one.chain[0])
    assert isinstance(facts, CertificateFacts)
    return authority.revoke(facts.serial)


def around(tls: TlsIdentity) -> Surroundings:
    trust = Trust(anchors=tls.trust, revocation_lists=tls.revocation_lists)
    return Surroundings(node=GATEWAY, gateway="um", trust=trust)


class TestARevokedPeer:
    async def test_that_we_call_is_refused_and_the_list_is_named(
        self, authority: Authority
    ) -> None:
        um = identity(authority, UM)
        tls = identity(authority, GATEWAY, [revoke(authority, um)])
        server, client = Wire(tls=um), Wire(tls=tls)
        async with closing(server, client):
            hop = named(await server.listen(Transport.TLS), UM)
            with pytest.raises(Unavailable, match="certificate revoked"):
                await client.signalling.send(OPTIONS, hop)
            first, second, *_ = handshake_findings(await client.report(), around(tls))

        assert first.code == "handshake.peer-certificate-refused"
        assert "was revoked by" in first.means
        assert second.code == "chain.revoked"

    async def test_that_calls_us_is_refused(self, authority: Authority) -> None:
        """By a strict listener."""
        gateway = identity(authority, GATEWAY)
        server = Wire(tls=identity(authority, UM, [revoke(authority, gateway)]))
        client = Wire(tls=gateway)
        async with closing(server, client):
            hop = named(await server.listen(Transport.TLS, strict=True), UM)
            with pytest.raises(Unavailable, match="certificate_revoked"):
                await client.signalling.send(OPTIONS, hop)

            assert (await server.report()).ending is Ending.REFUSED_BY_US

    async def test_that_calls_us_is_not_believed(self, authority: Authority) -> None:
        """By a lenient listener, which lets it hear why."""
        gateway = identity(authority, GATEWAY)
        server = Wire(tls=identity(authority, UM, [revoke(authority, gateway)]))
        client = Wire(tls=gateway)
        async with closing(server, client):
            await client.ask(server, named(await server.listen(Transport.TLS), UM))
            report = await server.report()

            assert (report.is_verified, report.verify_text) == (False, "certificate revoked")


class TestEverybodyElse:
    async def test_is_served_as_before(self, authority: Authority) -> None:
        gone = identity(authority, "gone.example.org")
        lists = [revoke(authority, gone)]
        server = Wire(tls=identity(authority, UM, lists))
        client = Wire(tls=identity(authority, GATEWAY, lists))
        async with closing(server, client):
            await client.ask(server, named(await server.listen(Transport.TLS), UM))

    async def test_of_an_authority_without_a_list_is_refused_and_told(
        self, authority: Authority, tmp_path: Path
    ) -> None:
        """Who configures lists wants to know for certain."""
        other = Authority(tmp_path / "other", datetime.now(UTC))
        tls = identity(authority, GATEWAY, [other.renew_revocation_list()])
        server, client = Wire(tls=identity(authority, UM)), Wire(tls=tls)
        async with closing(server, client):
            hop = named(await server.listen(Transport.TLS), UM)
            with pytest.raises(Unavailable, match="unable to get certificate CRL"):
                await client.signalling.send(OPTIONS, hop)
            first = next(handshake_findings(await client.report(), around(tls)))

        assert "list in the name of Umbel authority was not signed by it" in first.means
        assert "fetch the list again" in first.do


class TestFiles:
    def test_may_be_der_or_several_in_pem(self, authority: Authority, tmp_path: Path) -> None:
        der = authority.renew_revocation_list()
        pem = tmp_path / "lists.pem"
        text = load_der_x509_crl(der.read_bytes()).public_bytes(Encoding.PEM)
        pem.write_bytes(b"The lists of today\n" + text + text)

        assert read_revocation_lists([der, pem]) == (der.read_bytes(),) * 3

    @pytest.mark.parametrize(
        "octets",
        [
            b"",
            b"nonsense",
            b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",
            b"-----BEGIN X509 CRL-----\nAAAA\n",
        ],
    )
    def test_that_are_none_are_a_mistake(self, tmp_path: Path, octets: bytes) -> None:
        path = tmp_path / "broken.crl"
        path.write_bytes(octets)

        with pytest.raises(Mistake, match="revocation list, PEM or DER"):
            read_revocation_lists([path])

    def test_that_are_not_there_are_a_mistake(self, tmp_path: Path) -> None:
        with pytest.raises(Mistake, match="No such file"):
            read_revocation_lists([tmp_path / "gone.crl"])
