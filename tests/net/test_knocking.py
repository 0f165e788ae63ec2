"""Who is behind a port."""

import socket
from pathlib import Path

from tests.support.authority import Authority
from tests.support.program import free_port
from tests.support.raw_peer import closing
from tests.support.sip_wire import Wire

from umbel.diagnosis.knock import Door, Knock, Speech
from umbel.net.clock import SystemClock
from umbel.net.knocking import knock
from umbel.sip.hop import Transport


async def knocked(address: str, port: int, patience: float = 5.0) -> Knock:
    return await knock(address, port, patience=patience, clock=SystemClock())


class TestAKnock:
    async def test_hears_tls(self, tmp_path: Path) -> None:
        wire = Wire(tls=Authority(tmp_path).identity("um.example.org"))
        async with closing(wire):
            hop = await wire.listen(Transport.TLS)
            found = await knocked(hop.address, hop.port)

        assert (found.door, found.speech) == (Door.OPEN, Speech.TLS)
        assert found.speaks_tls

    async def test_hears_who_hangs_up_at_it(self) -> None:
        """Plain SIP of ours: TLS is nothing that it reads."""
        wire = Wire()
        async with closing(wire):
            hop = await wire.listen(Transport.TCP)
            found = await knocked(hop.address, hop.port)

        assert (found.door, found.speech) == (Door.OPEN, Speech.NOTHING)

    async def test_at_a_closed_port_is_refused(self) -> None:
        assert (await knocked("127.0.0.1", free_port())).door is Door.REFUSED

    async def test_at_a_silent_machine_ends_with_our_patience(self) -> None:
        with socket.socket() as full, socket.socket() as first, socket.socket() as second:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            for waiting in (first, second):
                waiting.setblocking(False)
                waiting.connect_ex(full.getsockname())
            found = await knocked("127.0.0.1", full.getsockname()[1], 0.2)

        assert found.door is Door.SILENT

    async def test_where_no_way_leads_is_told(self) -> None:
        """An address of nobody: the kernel says so at once."""
        assert (await knocked("255.255.255.255", 5060)).door is Door.UNREACHABLE
