"""Completes a try that met nobody: who is at that port, and at those where SIP might be instead."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from umbel.core.instants import Clock, Duration
from umbel.diagnosis.attempt import Attempt, Step
from umbel.diagnosis.attempt_findings import speaks_no_tls
from umbel.diagnosis.knock import Door
from umbel.net.knocking import knock
from umbel.sip.hop import Transport

KNOCK_PATIENCE: Final[Duration] = 2.0
"""Seconds that a port has to answer, at most."""

SIP_PORTS: Final = (5060, 5061)


async def with_knocks(
    attempt: Attempt, neighbours: Iterable[int], *, patience: Duration, clock: Clock
) -> Attempt:
    """Knock where nobody spoke to us, and at the *neighbours* of that port; otherwise do nothing."""
    is_lost = attempt.step is Step.CONNECTING or (
        attempt.step is Step.ASKING and attempt.transport is Transport.UDP
    )
    if attempt.hop is None or not (is_lost or speaks_no_tls(attempt.handshake)):
        return attempt
    within, address = min(patience, KNOCK_PATIENCE), attempt.hop.address
    ports = dict.fromkeys((attempt.hop.port, *neighbours))
    knocks = (knock(address, port, patience=within, clock=clock) for port in ports)
    return _corrected(replace(attempt, knocks=tuple(await asyncio.gather(*knocks))))


def _corrected(attempt: Attempt) -> Attempt:
    """Tell a connection that was taken and closed from one that was never had."""
    here = attempt.knocks[0]
    was_taken = attempt.step is Step.CONNECTING and here.door is Door.OPEN
    return replace(attempt, step=Step.ASKING) if was_taken else attempt
