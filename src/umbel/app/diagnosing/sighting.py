"""Looking at one peer: the walk and, where it is wanted and possible, the test call."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from umbel.diagnosis.attempt import Attempt, Step
from umbel.diagnosis.call_trial import CallTrial
from umbel.diagnosis.diagnosis import Sightings
from umbel.identity.demands import OurDemand
from umbel.media.local_media import MediaSecurity
from umbel.net.dns import Resolver
from umbel.sip.address import Address
from umbel.sip.digest import Credentials
from umbel.sip.hop import Hop
from umbel.sip.uri import Uri

from .calling import CallOrder, call_target, call_trial
from .outfit import Outfit
from .walk import Destination, Walker

RINGING: Final = 4
"""A call may ring so many times as long as any other step may take."""


async def look(
    way: Destination,
    outfit: Outfit,
    demand: OurDemand | None,
    *,
    security: MediaSecurity = MediaSecurity.OPTIONAL,
    credentials: Credentials | None = None,
) -> Sightings:
    """Walk to a peer that is to prove *demand*, and call somebody there where that was asked for."""
    walker = outfit.walker.meaning(demand)
    at = walker.traveller.clock.wall()
    attempts = await walker.walk(way)
    seen = Sightings(at=at, attempts=attempts, wants_call=bool(outfit.asked.call))
    hop = _open_way(attempts)
    if hop is None or not outfit.asked.call:
        return seen
    order = _order(way, outfit, outfit.asked.security or security, credentials)
    return replace(seen, call=await _call(walker, hop, order))


async def _call(walker: Walker, hop: Hop, order: CallOrder) -> CallTrial:
    resolver = Resolver(randomness=walker.traveller.randomness, sources=walker.sources)
    return await call_trial(walker.traveller, hop, resolver, order)


def _order(
    way: Destination, outfit: Outfit, security: MediaSecurity, credentials: Credentials | None
) -> CallOrder:
    asked = outfit.asked
    caller = Uri(scheme="sip", user=asked.caller, host=outfit.node)
    return CallOrder(
        target=call_target(asked.call, way.uri),
        caller=Address(uri=caller),
        security=security,
        credentials=credentials,
        listens=asked.listens,
        patience=RINGING * asked.patience,
        ports=outfit.ports,
    )


def _open_way(attempts: Sequence[Attempt]) -> Hop | None:
    """Give the first place that took our OPTIONS, whatever it made of it."""
    open_ways = (
        one.hop
        for one in attempts
        if one.step in (Step.ANSWERED, Step.ASKING)
        and not (one.despite_refusal or one.redirected_by or one.is_other_protocol)
    )
    return next(open_ways, None)
