"""The stores of a settings file, opened."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from umbel.backends.argon2_pins import Argon2PinHasher
from umbel.backends.files.audio import MEGABYTE
from umbel.backends.sql import SqlStore
from umbel.core.identifiers import Randomness
from umbel.core.instants import Clock

from .settings import Settings


@asynccontextmanager
async def open_store(
    settings: Settings, *, clock: Clock, randomness: Randomness, to_serve: bool = False
) -> AsyncIterator[SqlStore]:
    """Open the store for as long as the block; only a node opens it *to_serve*."""
    store = SqlStore(
        settings.store.url,
        clock=clock,
        randomness=randomness,
        node=settings.node.name,
        audio_folder=Path(settings.store.audio),
        keep_free=settings.store.keep_free * MEGABYTE,
    )
    await store.open(to_serve=to_serve)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def open_hasher() -> AsyncIterator[Argon2PinHasher]:
    """Have PINs hashed for as long as the block."""
    hasher = Argon2PinHasher()
    try:
        yield hasher
    finally:
        hasher.close()
