"""Connections of strangers, with all that decides about them: short, whatever they say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from tests.support.raw_peer import closing, rest, stranger
from tests.support.repeatable_randomness import RepeatableRandomness
from tests.support.sip_wire import OK, OPTIONS, PATIENT, Wire
from tests.support.told import Told

from umbel.app.driver import Driver
from umbel.app.faults import Faults
from umbel.net.dns import NameSources, Resolver
from umbel.sip.hop import Hop, Source, Transport
from umbel.ua import LocalAddress, LocalIdentity, UserAgent

US = LocalIdentity(
    addresses=(LocalAddress(transport=Transport.TCP, host="127.0.0.1", port=5060),), user="umbel"
)


@asynccontextmanager
async def served(strangers: str) -> AsyncIterator[Hop]:
    """Serve, by TCP, whoever comes; *strangers* says why they may begin nothing."""
    wire = Wire(limits=replace(PATIENT, confirmation=0.1, silence_of_strangers=0.3))

    def knows(_source: Source) -> str:
        return strangers

    driver = Driver(
        UserAgent(RepeatableRandomness(), US, knows=knows),
        wire.signalling,
        Resolver(randomness=RepeatableRandomness(), sources=NameSources()),
        clock=wire.clock,
        faults=Faults(Told(), wire.clock),
        on_event=lambda _event: None,
    )
    wire.signalling.on_message = driver.receive
    async with closing(wire):
        yield await wire.listen(Transport.TCP)


class TestAConnection:
    @pytest.mark.parametrize(
        "said",
        [b"x\r\nl:0\r\n\r\n", OPTIONS, OK, OPTIONS.replace(b"To: <sip:", b"To: <")],
        ids=["nonsense", "OPTIONS", "a stray answer", "a bad To"],
    )
    async def test_of_somebody_unknown_ends_soon_after_its_answer(self, said: bytes) -> None:
        async with served("nobody is known") as hop, stranger(hop) as (reader, writer):
            writer.write(said)
            answers = await rest(reader)

        assert b" 200 OK" not in answers

    async def test_of_a_gateway_stays(self) -> None:
        async with served("") as hop, stranger(hop) as (reader, writer):
            writer.write(OPTIONS)
            await reader.readuntil(b"\r\n\r\n")
            async with stranger(hop) as (later, _):
                await rest(later)  # Who has said nothing is gone by now.
            writer.write(OPTIONS)

            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"SIP/2.0 200 OK")
