"""Administration over the stores of a settings file."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from umbel.admin.administration import Administration, Stores
from umbel.backends.argon2_pins import Argon2PinHasher
from umbel.backends.prompts import languages_spoken
from umbel.backends.sql import SqlStore
from umbel.net.clock import SystemClock
from umbel.net.randomness import SystemRandomness

from .settings import Settings
from .stores import open_hasher, open_store
from .teller import Teller


@asynccontextmanager
async def open_administration(settings: Settings) -> AsyncIterator[Administration]:
    """Administer for as long as the block, whether or not a node serves meanwhile."""
    clock, randomness = SystemClock(), SystemRandomness()
    async with (
        open_store(settings, clock=clock, randomness=randomness) as store,
        open_hasher() as hasher,
    ):
        teller = Teller(settings.node.name, clock)
        teller.add_listener(store.events.append)
        yield Administration(
            stores_of(store, hasher),
            clock=clock,
            randomness=randomness,
            events=teller,
            languages=languages_spoken(),
        )


def stores_of(store: SqlStore, hasher: Argon2PinHasher) -> Stores:
    """Name the parts of a store as administration knows them."""
    return Stores(
        configurations=store.configuration,
        events=store.events,
        calls=store.calls,
        nodes=store.nodes,
        observations=store.observations,
        messages=store.messages,
        audio=store.audio,
        pins=store.pins,
        hasher=hasher,
    )
