"""Clients whose certificate is not good: heard by a lenient listener, and never believed."""

import gc
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import BasicConstraints
from tests.support import certificates
from tests.support.authority import PAST, Authority
from tests.support.raw_peer import closing, rest, stranger
from tests.support.sip_wire import OK, OPTIONS, Wire

from umbel.identity.handshake import Alert, Ending, HandshakeReport
from umbel.net import client_verdict
from umbel.net.client_verdict import Verdict
from umbel.net.tls_observation import Observation
from umbel.sip.hop import Transport

TLS = Transport.TLS
UM, GATEWAY = "um.example.org", "gateway.example.org"
BEGINS, ENDS = datetime(2001, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)
issue = partial(certificates.issue, begins=BEGINS, ends=ENDS)
root_authority = partial(certificates.authority, begins=BEGINS, ends=ENDS)
leaf = partial(certificates.leaf, begins=BEGINS, ends=ENDS)

both_versions = pytest.mark.parametrize(
    "version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"]
)


@dataclass(slots=True)
class World:
    """Two authorities, of which we trust the first, and clients that trust it too."""

    folder: Path
    ours: Authority = field(init=False)
    other: Authority = field(init=False)

    def __post_init__(self) -> None:
        self.ours, self.other = Authority(self.folder), Authority(self.folder)

    def client(self, certificate: Path, key: Path) -> ssl.SSLContext:
        context = self.ours.client_context()
        context.load_cert_chain(certificate, key)
        return context

    def of_another_authority(self) -> ssl.SSLContext:
        return self.client(*self.other.files(GATEWAY))

    def with_its_own_root(self) -> ssl.SSLContext:
        context = self.other.client_context(GATEWAY)  # It trusts its root, and so sends it too.
        self.ours.ca.configure_trust(context)
        return context

    def expired(self) -> ssl.SSLContext:
        return self.client(*self.ours.files(GATEWAY, expires=PAST))

    def not_yet_valid(self) -> ssl.SSLContext:
        soon = datetime.now(UTC) + timedelta(days=400)
        return self.client(*self.ours.files(GATEWAY, expires=soon))

    def signed_by_itself(self) -> ssl.SSLContext:
        return self.made(issue(GATEWAY))

    def without_its_intermediate(self) -> ssl.SSLContext:
        root = root_authority("Root")
        between = root_authority("Intermediate", issuer=root)
        return self.made(leaf(GATEWAY, issuer=between))

    def for_servers_only(self) -> ssl.SSLContext:
        root = root_authority("Root")
        usages = certificates.SERVER_ONLY
        return self.made(leaf(GATEWAY, issuer=root, usages=usages))

    def made(self, issued: certificates.Issued) -> ssl.SSLContext:
        certificate, key = self.folder / "made.pem", self.folder / "made.key"
        certificate.write_bytes(issued.certificate.public_bytes(Encoding.PEM))
        key.write_bytes(issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return self.client(certificate, key)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Everybody who may call."""
    return World(tmp_path)


async def ask(wire: Wire, context: ssl.SSLContext) -> HandshakeReport:
    """Ask for OPTIONS as a client, be answered, and give what the server saw of us."""
    hop = await wire.listen(TLS)
    async with stranger(hop, context) as (reader, writer):
        writer.write(OPTIONS)
        _, source = await wire.message()
        await wire.signalling.send(OK, source.hop_back())
        assert await reader.readexactly(len(OK)) == OK
        report = await wire.report()
        assert source.handshake is report
        return report


class TestClientThatIsNotBelieved:
    @both_versions
    @pytest.mark.parametrize(
        ("of", "code", "text"),
        [
            (World.of_another_authority, 20, "unable to get local issuer certificate"),
            (World.with_its_own_root, 19, "self-signed certificate in certificate chain"),
            (World.expired, 10, "certificate has expired"),
            (World.not_yet_valid, 9, "certificate is not yet valid"),
            (World.signed_by_itself, 18, "self-signed certificate"),
            (World.without_its_intermediate, 20, "unable to get local issuer certificate"),
        ],
    )
    async def test_finishes_the_handshake_to_hear_why(
        self,
        world: World,
        of: Callable[[World], ssl.SSLContext],
        code: int,
        text: str,
        version: ssl.TLSVersion,
    ) -> None:
        """OpenSSL's verdict is reported as a refusal in TLS would have been."""
        wire = Wire(tls=world.ours.identity(UM))
        context = of(world)
        context.maximum_version = version
        async with closing(wire):
            report = await ask(wire, context)

        assert (report.ending, report.is_verified) == (Ending.SUCCEEDED, False)
        assert (report.verify_code, report.verify_text) == (code, text)
        assert report.detail == (
            f"the peer's certificate was refused: {text}; its requests are answered with 403"
        )
        assert report.peer_chain
        assert report.alerts == ()

    async def test_is_no_more_believed_the_second_time(self, world: World) -> None:
        """That its leaf was let through before proves nothing."""
        wire = Wire(tls=world.ours.identity(UM))
        context = world.of_another_authority()
        async with closing(wire):
            codes = [(await ask(wire, context)).verify_code for _ in range(2)]

        assert codes == [20, 20]

    async def test_is_not_believed_by_a_strict_listener_of_the_same_node(
        self, world: World
    ) -> None:
        """What the lenient context was made to believe stays in it."""
        wire = Wire(tls=world.ours.identity(UM))
        context = world.of_another_authority()
        async with closing(wire):
            await ask(wire, context)
            hop = await wire.listen(TLS, strict=True)
            with pytest.raises(ssl.SSLError, match="UNKNOWN_CA"):
                async with stranger(hop, context) as (reader, _):
                    await rest(reader)

            assert (await wire.report()).ending is Ending.REFUSED_BY_US

    async def test_leaves_nothing_behind(self, world: World) -> None:
        """OpenSSL keeps sessions of TLS 1.2, with their chains, unless it finds them ended badly."""
        identity = world.ours.identity(UM)
        lenient = identity.server_context(requires_client_certificate=False)
        wire = Wire(tls=identity)
        context = world.of_another_authority()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        async with closing(wire):
            await ask(wire, context)
        del wire
        gc.collect()

        assert lenient.session_stats()["accept_good"] == 1
        assert lenient.session_stats()["number"] == 0

    async def test_vouches_for_nobody(self, world: World) -> None:
        """An authority that a client showed as its own leaf is not one of ours."""
        wire = Wire(tls=world.ours.identity(UM))
        root = issue("Root", extensions=[(BasicConstraints(ca=True, path_length=None), True)])
        async with closing(wire):
            await ask(wire, world.made(root))
            report = await ask(wire, world.made(leaf(issuer=root)))

        assert (report.verify_code, report.is_verified) == (20, False)

    async def test_is_refused_by_alert_for_a_certificate_that_no_client_may_show(
        self, world: World
    ) -> None:
        """OpenSSL gives way in the chain, not in what a certificate is for."""
        wire = Wire(tls=world.ours.identity(UM))
        async with closing(wire):
            hop = await wire.listen(TLS)
            with pytest.raises(ssl.SSLError):
                async with stranger(hop, world.for_servers_only()) as (reader, _):
                    await rest(reader)
            report = await wire.report()

        assert report.ending is Ending.REFUSED_BY_US
        assert report.verify_text
        assert report.peer_chain
        assert [(it.sent_by_us, it.is_fatal) for it in report.alerts] == [(True, True)]

    async def test_is_refused_by_alert_once_many_others_were_not(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Leaves are kept, so their number is bounded; who was let through is still."""
        monkeypatch.setattr(client_verdict, "_MOST_LEAVES", 1)
        wire = Wire(tls=world.ours.identity(UM))
        first = world.of_another_authority()
        async with closing(wire):
            await ask(wire, first)
            hop = await wire.listen(TLS)
            with pytest.raises(ssl.SSLError):
                async with stranger(hop, world.signed_by_itself()) as (reader, _):
                    await rest(reader)
            refused = await wire.report()
            await ask(wire, first)

        assert (refused.ending, refused.verify_code) == (Ending.REFUSED_BY_US, 18)
        assert refused.alerts == (Alert(sent_by_us=True, description="unknown_ca", is_fatal=True),)


class TestWithoutTheMessageCallback:
    @pytest.fixture(autouse=True)
    def blind(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Be a Python whose undocumented callback is gone."""
        monkeypatch.setattr(Observation, "take", lambda *_, **__: None)

    async def test_a_client_of_another_authority_is_refused(self, world: World) -> None:
        """Nobody can tell the context in time."""
        wire = Wire(tls=world.ours.identity(UM))
        async with closing(wire):
            hop = await wire.listen(TLS)
            with pytest.raises(ssl.SSLError, match="UNKNOWN_CA"):
                async with stranger(hop, world.of_another_authority()) as (reader, _):
                    await rest(reader)

            assert (await wire.report()).ending is Ending.REFUSED_BY_US

    async def test_a_client_that_expired_is_not_believed(self, world: World) -> None:
        """The lenient context does not look at dates, the verdict does."""
        wire = Wire(tls=world.ours.identity(UM))
        async with closing(wire):
            report = await ask(wire, world.expired())

        assert (report.verify_code, report.is_verified) == (10, False)

    async def test_a_client_that_is_good_is_believed(self, world: World) -> None:
        """Its chain is asked for afterwards."""
        wire = Wire(tls=world.ours.identity(UM))
        async with closing(wire):
            report = await ask(wire, world.client(*world.ours.files(GATEWAY)))

        assert report.is_verified


class TestVerdict:
    def test_on_what_is_no_certificate_is_a_refusal(self, world: World) -> None:
        """OpenSSL does not even get as far as to judge it; nor is it believed."""
        judge = world.ours.identity(UM).judge

        assert judge.admit((b"nonsense",)).code == 1

    def test_on_a_long_chain_is_given_too(self, world: World) -> None:
        """It fills several records (RFC 8446 section 5.1)."""
        identity = world.ours.identity(UM)
        filling = root_authority("Filling").der

        assert identity.judge.judge((*identity.chain, *[filling] * 60)) == Verdict()
