"""The C programs meet each other: streams that are heard, with keys that both worked out."""

import pytest
from tests.support.program import free_ports

from bench.building import Programs
from bench.figures import Kind
from bench.peers import SLOTS
from bench.programs import Generator, Loop, loop_arguments

CALLS = 70
"""More than one pair of ports is for."""
SECONDS = 1.5
"""Until a second and its grace are over, and the loop has handed it over."""


@pytest.mark.parametrize("is_secure", [False, True])
@pytest.mark.parametrize("has_own_ports", [False, True])
async def test_every_stream_is_heard_and_recorded(
    programs: Programs, has_own_ports: bool, is_secure: bool
) -> None:
    kind = Kind(plays=True, records=True, is_secure=is_secure, has_own_ports=has_own_ports)
    peers = ["--first-peer-port", str(free_ports(2 * SLOTS, "0.0.0.0"))]
    loop = await Loop.run(
        programs.loop,
        *loop_arguments(kind, CALLS, programs.libsrtp, 0),
        *("--first-port", str(free_ports(2 * CALLS)), *peers),
    )
    secure = ["--libsrtp", str(programs.libsrtp)] if is_secure else []
    generator = await Generator.run(programs.load, "--most", str(CALLS), *peers, *secure)
    try:
        await generator.talk(await loop.calls(CALLS))
        window = await generator.window(SECONDS)
        figures = await loop.ask("figures")
    finally:
        await generator.end()
        await loop.end()

    assert window.streams == CALLS
    assert window.silent_streams == 0
    assert window.unverified == 0
    assert figures["strange"] == 0
    recorded = figures["recorded"]
    assert isinstance(recorded, int)
    assert recorded >= CALLS * 16000
