"""Looking at what our own listeners show, without alarming them."""

from pathlib import Path

from tests.support.authority import Authority
from tests.support.program import free_port
from tests.support.raw_peer import closing
from tests.support.sip_wire import Wire

from umbel.identity.handshake import Ending
from umbel.net.probe_identity import ProbeIdentity
from umbel.net.served_certificate import served_certificate
from umbel.sip.hop import Transport


class TestAListener:
    async def test_is_seen_and_takes_it_for_a_visit_in_good_order(self, tmp_path: Path) -> None:
        """Also one that takes nobody without a certificate."""
        authority = Authority(tmp_path)
        own = authority.identity("um.example.org")
        certificate, key = authority.files("um.example.org")
        visitor = ProbeIdentity(certificate=certificate, key=key, refuses=False)
        wire = Wire(tls=own)
        async with closing(wire):
            hop = await wire.listen(Transport.TLS, strict=True)
            shown = await served_certificate(hop.address, hop.port, visitor, patience=5)
            report = await wire.report()

        assert shown == own.chain[0]
        assert report.ending is Ending.SUCCEEDED

    async def test_that_is_not_there_shows_nothing(self) -> None:
        visitor = ProbeIdentity(refuses=False)

        assert await served_certificate("127.0.0.1", free_port(), visitor, patience=5) is None
