"""OpenSSL's own client and server as peers: TLS that was not made by Python."""

import asyncio
import re
import ssl
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from tests.support.authority import PAST, Authority
from tests.support.program import until
from tests.support.raw_peer import closing
from tests.support.sip_wire import OK, OPTIONS, PATIENT, Wire

from umbel.core.errors import Unavailable
from umbel.identity.handshake import Alert, Closer, Ending
from umbel.net.tls_identity import TlsIdentity
from umbel.sip.hop import Hop, Transport

pytestmark = pytest.mark.peer

TLS = Transport.TLS
UM, GATEWAY = "um.example.org", "gateway.example.org"
versions = pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The authority that both sides trust."""
    return Authority(tmp_path)


@asynccontextmanager
async def openssl(*arguments: str | Path) -> AsyncIterator[tuple[Process, asyncio.StreamReader]]:
    """Run an OpenSSL command; give it and what it prints."""
    process = await asyncio.create_subprocess_exec(
        "openssl", *arguments, stdin=PIPE, stdout=PIPE, stderr=STDOUT
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def client(hop: Hop, *arguments: str | Path) -> AsyncIterator[Process]:
    """Connect to *hop* with ``s_client``."""
    target = f"{hop.address}:{hop.port}"
    async with openssl("s_client", "-connect", target, "-nocommands", *arguments) as (process, _):
        yield process


@asynccontextmanager
async def server(*arguments: str | Path) -> AsyncIterator[Hop]:
    """Be ``s_server`` on a free port."""
    async with openssl("s_server", "-accept", "127.0.0.1:0", *arguments) as (_, printed):
        while not (found := re.search(rb"ACCEPT 127\.0\.0\.1:(\d+)", await printed.readline())):
            assert not printed.at_eof()
        yield Hop(transport=TLS, address="127.0.0.1", port=int(found[1]), domain=UM)


async def say(process: Process, octets: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(octets)
    await process.stdin.drain()


async def hear(process: Process, octets: bytes) -> None:
    """Read until *octets* have been printed."""
    assert process.stdout is not None
    async with asyncio.timeout(5):
        await process.stdout.readuntil(octets)


def pem(identity: TlsIdentity) -> bytes:
    """Give an identity's own certificate as OpenSSL prints it."""
    return ssl.DER_cert_to_PEM_cert(identity.chain[0]).encode()


class TestSClient:
    @versions
    async def test_with_a_certificate_is_answered(self, authority: Authority, version: str) -> None:
        """A strict listener knows who it is."""
        certificate, key = authority.files(GATEWAY)
        wire = Wire(tls=authority.identity(UM))
        async with closing(wire):
            hop = await wire.listen(TLS, strict=True)
            async with client(hop, version, "-cert", certificate, "-key", key) as process:
                await say(process, OPTIONS)
                _, source = await wire.message()
                await wire.signalling.send(OK, source.hop_back())
                await hear(process, OK)
            report = await wire.report()

            assert report.is_verified
            assert not report.is_resumed

    async def test_without_a_certificate_is_refused(self, authority: Authority) -> None:
        """It prints the alert by its number."""
        wire = Wire(tls=authority.identity(UM))
        async with closing(wire):
            async with client(await wire.listen(TLS, strict=True)) as process:
                await hear(process, b"alert certificate required")

            assert (await wire.report()).ending is Ending.REFUSED_BY_US

    async def test_of_another_time_is_refused(self, authority: Authority) -> None:
        """TLS 1.1 is no longer to be used (RFC 8996)."""
        wire = Wire(tls=authority.identity(UM))
        weak = ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
        async with closing(wire):
            async with client(await wire.listen(TLS), *weak) as process:
                await hear(process, b"alert protocol version")
            report = await wire.report()

            assert report.ending is Ending.REFUSED_BY_US
            assert report.detail == "we refused what the peer sent: unsupported protocol"

    async def test_on_our_tcp_port_is_known_by_its_client_hello(self) -> None:
        """It offers TLS to a port that takes none."""
        wire = Wire()
        async with closing(wire):
            hop = await wire.listen(Transport.TCP)
            async with client(hop, "-servername", UM, "-tls1_3") as process:
                await hear(process, b"no peer certificate available")
            report = await wire.report()

            assert (report.ending, report.closed_by) == (Ending.NOT_TLS, Closer.US)
            assert (report.server_name, report.versions_offered) == (UM, ("TLSv1.3",))

    async def test_that_resumes_a_session_is_known_still(self, authority: Authority) -> None:
        """By session identifier, of TLS 1.2: no certificate is sent, the first one holds."""
        certificate, key = authority.files(GATEWAY)
        wire = Wire(tls=authority.identity(UM))
        async with closing(wire):
            arguments = ("-tls1_2", "-reconnect", "-cert", certificate, "-key", key)
            async with client(await wire.listen(TLS), *arguments):
                first, second = await wire.report(), await wire.report()

            assert (first.is_resumed, second.is_resumed) == (False, True)
            assert (first.verify_code, second.verify_code) == (0, 0)
            assert second.peer_chain == first.peer_chain

    async def test_that_resumes_a_session_is_no_more_believed_than_before(
        self, authority: Authority, tmp_path: Path
    ) -> None:
        """The session remembers that the handshake was let go on, not what the chain is worth."""
        certificate, key = Authority(tmp_path).files(GATEWAY)
        wire, session = Wire(tls=authority.identity(UM)), str(tmp_path / "session")
        arguments = ("-tls1_2", "-cert", certificate, "-key", key)
        async with closing(wire):
            port = await wire.listen(TLS)
            async with client(port, *arguments, "-sess_out", session):
                first = await wire.report()
                await until(Path(session).is_file, 5, lambda: AssertionError("no session came"))
                async with client(port, *arguments, "-sess_in", session):
                    second = await wire.report()

            assert (first.is_resumed, second.is_resumed) == (False, True)
            assert second.verify_code == first.verify_code != 0

    async def test_whose_certificate_is_not_good_leaves_no_session(
        self, authority: Authority, tmp_path: Path
    ) -> None:
        """It would hold for minutes what the client chose to send."""
        certificate, key = Authority(tmp_path).files(GATEWAY)
        wire = Wire(tls=authority.identity(UM))
        async with closing(wire):
            arguments = ("-tls1_2", "-reconnect", "-cert", certificate, "-key", key)
            async with client(await wire.listen(TLS), *arguments):
                first, second = await wire.report(), await wire.report()

            assert (first.is_resumed, second.is_resumed) == (False, False)


OFFERS = pytest.mark.parametrize(
    ("version", "suites", "offered", "chosen"),
    [
        (
            "TLSv1.2",
            ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256"),
            ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        ),
        (
            "TLSv1.3",
            ("-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"),
            ("TLS_CHACHA20_POLY1305_SHA256",),
            "TLS_CHACHA20_POLY1305_SHA256",
        ),
    ],
)


class TestOffersAndChoices:
    @OFFERS
    async def test_of_a_client_are_reported(
        self,
        authority: Authority,
        version: str,
        suites: tuple[str, ...],
        offered: tuple[str, ...],
        chosen: str,
    ) -> None:
        """What ``s_client`` was told to offer, and what we made of it."""
        wire = Wire(tls=authority.identity(UM))
        async with closing(wire):
            hop = await wire.listen(TLS)
            async with client(hop, *suites, "-servername", UM) as process:
                await say(process, OPTIONS)
                await wire.message()
            report = await wire.report()

            assert report.versions_offered == (version,)
            suites_offered = tuple(it for it in report.ciphers_offered if "SCSV" not in it)
            assert suites_offered == offered
            assert (report.version, report.cipher) == (version, chosen)
            assert report.server_name == UM
            assert (report.sip_received, report.sip_sent) == (len(OPTIONS), 0)
            assert report.closed_by is None

    @OFFERS
    async def test_of_us_as_client_are_reported(
        self,
        authority: Authority,
        version: str,
        suites: tuple[str, ...],
        offered: tuple[str, ...],
        chosen: str,
    ) -> None:
        """All that we speak, and what ``s_server`` chose."""
        certificate, key = authority.files(UM)
        wire = Wire(tls=authority.identity(GATEWAY), limits=replace(PATIENT, confirmation=0.2))
        async with closing(wire), server(*suites, "-cert", certificate, "-key", key) as hop:
            await wire.signalling.send(OPTIONS, hop)
            report = await wire.report()

            assert report.versions_offered == ("TLSv1.3", "TLSv1.2")
            assert set(offered) <= set(report.ciphers_offered)
            assert (report.version, report.cipher) == (version, chosen)
            assert (report.sip_received, report.sip_sent) == (0, len(OPTIONS))


class TestCertificateThatIsReplaced:
    async def test_is_shown_to_the_next_and_not_to_who_is_connected(
        self, authority: Authority
    ) -> None:
        """Two handshakes around the change; the first connection lives through it."""
        old, new = authority.identity(UM), authority.identity(UM)
        wire = Wire(tls=old)
        async with closing(wire):
            hop = await wire.listen(TLS)
            async with client(hop, "-showcerts") as before:
                await hear(before, pem(old))
                await say(before, OPTIONS)
                _, source = await wire.message()
                wire.signalling.set_tls_identity(new)
                async with client(hop, "-showcerts") as after:
                    await hear(after, pem(new))
                    await wire.signalling.send(OK, source.hop_back())
                    await hear(before, OK)
                    await say(before, OPTIONS)
                    _, again = await wire.message()

            assert again.connection == source.connection
            assert again.handshake is source.handshake


class TestSServer:
    @versions
    async def test_that_trusts_us_gets_our_request(
        self, authority: Authority, version: str
    ) -> None:
        """Nothing comes back from it; after the time of grace the connection counts as up."""
        certificate, key = authority.files(UM)
        trust = authority.trust_file()
        limits = replace(PATIENT, confirmation=0.2)
        wire = Wire(tls=authority.identity(GATEWAY), limits=limits)
        identity = ("-cert", certificate, "-key", key, "-CAfile", trust)
        async with closing(wire), server(version, *identity, "-Verify", "1") as hop:
            await wire.signalling.send(OPTIONS, hop)
            report = await wire.report()

            assert report.ending is Ending.SUCCEEDED
            assert report.own_chain

    @pytest.mark.parametrize(
        ("version", "progress", "sent"),
        [
            ("-tls1_2", "after our Finished", 0),
            ("-tls1_3", "after the handshake, before the first message", len(OPTIONS)),
        ],
    )
    @pytest.mark.parametrize(
        ("alert", "is_foreign", "expires"),
        [("unknown_ca", True, None), ("certificate_expired", False, PAST)],
    )
    async def test_that_refuses_our_certificate_says_why(
        self,
        authority: Authority,
        tmp_path: Path,
        version: str,
        progress: str,
        sent: int,
        alert: str,
        is_foreign: bool,
        expires: datetime | None,
    ) -> None:
        """In TLS 1.3 after our handshake succeeded, with our request on its way."""
        certificate, key = authority.files(UM)
        issuing = Authority(tmp_path) if is_foreign else authority
        wire = Wire(tls=issuing.identity(GATEWAY, trusts=authority, expires=expires))
        trust = ("-CAfile", authority.trust_file(), "-Verify", "1", "-verify_return_error")
        async with (
            closing(wire),
            server(version, "-cert", certificate, "-key", key, *trust) as hop,
        ):
            detail = f"the peer sent the alert {alert} {progress}"
            with pytest.raises(Unavailable, match=detail):
                await wire.signalling.send(OPTIONS, hop)
            report = await wire.report()

            assert (report.ending, report.closed_by) == (Ending.REFUSED_BY_PEER, Closer.PEER)
            assert (report.detail, report.closed_after) == (detail, progress)
            assert report.alerts[0] == Alert(sent_by_us=False, description=alert, is_fatal=True)
            assert (report.sip_received, report.sip_sent) == (0, sent)

    async def test_that_we_speak_tcp_to_hangs_up(self, authority: Authority) -> None:
        """OpenSSL has no alert for what is no TLS at all."""
        certificate, key = authority.files(UM)
        wire = Wire()
        async with closing(wire), server("-cert", certificate, "-key", key) as hop:
            with pytest.raises(Unavailable, match="as a TLS server does that is spoken to without"):
                await wire.signalling.send(OPTIONS, replace(hop, transport=Transport.TCP))

    async def test_without_a_common_cipher_says_so(self, authority: Authority) -> None:
        """The alert is the only clue that it gives."""
        certificate, key = authority.files(UM)
        wire = Wire(tls=authority.identity(GATEWAY))
        ciphers = ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-CCM8:@SECLEVEL=0")
        async with (
            closing(wire),
            server("-cert", certificate, "-key", key, *ciphers) as hop,
        ):
            with pytest.raises(Unavailable, match="the alert handshake_failure after our Client"):
                await wire.signalling.send(OPTIONS, hop)
