"""A test call to a node that speaks: the attendant of another Umbel."""

from pathlib import Path

from tests.support.node import node_under_test

from umbel.app.diagnosing.address import diagnose_address
from umbel.app.diagnosing.outfit import Asked, outfit
from umbel.app.diagnosing.walk import destination
from umbel.diagnosis.call_trial import Heard
from umbel.diagnosis.ranking import has_errors
from umbel.sip.hop import Transport


class TestACallToAnAttendant:
    async def test_hears_it_speak_with_encryption(self, tmp_path: Path) -> None:
        """Both sides can do SRTP, so that it is used without having been demanded."""
        async with node_under_test(tmp_path) as peer:
            way = destination(f"127.0.0.1:{peer.ports['udp']}", Transport.UDP)
            equipment = outfit(Asked(node="node02.umbel.test", call="9000", listens=2.0), None)
            diagnosis = await diagnose_address(way, equipment)
        call = diagnosis.seen.call

        assert call is not None
        assert (call.status, call.heard) == (200, Heard.SOUND)
        assert call.encryption == "AES_CM_128_HMAC_SHA1_80"
        assert not has_errors(diagnosis.findings)
