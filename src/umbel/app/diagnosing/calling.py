"""A test call: placed, spoken into, listened to, and measured."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from umbel.app.driver import Resolves
from umbel.app.exchange import Exchange, PhoneCall
from umbel.backends.prompts import package_folder
from umbel.core.errors import Mistake, PeerError
from umbel.core.instants import Duration
from umbel.diagnosis.call_trial import CallTrial, Heard, Passage
from umbel.media import wav
from umbel.media.engine import Samples, Statistics
from umbel.media.likeness import best_match
from umbel.media.local_media import LocalMedia, MediaSecurity
from umbel.net.local_address import local_address_towards
from umbel.net.media_engine import MediaEngine
from umbel.sip.address import Address
from umbel.sip.digest import Credentials
from umbel.sip.hop import Hop
from umbel.sip.message import Response, parse_message
from umbel.sip.uri import Uri
from umbel.ua.events import Event
from umbel.um.call import HungUp

from .outpost import Ears, OnlyTo, Outpost, Traveller, outpost

WORDS: Final = "trial.first-words"
"""The phrase that a test call says."""
RATE: Final = 8000
"""Samples a second, on the telephone."""
LOUD_ENOUGH: Final = 100
"""The root mean square of samples that a person can hear; full scale is 32767."""
AN_ECHO: Final = 0.5
"""Likeness of what came back with what was said, from which on it is an echo."""
PIECE: Final = RATE
"""Samples of our words that are looked for."""
GOODBYE: Final[Duration] = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOrder:
    """The call that is to be made."""

    target: Uri
    caller: Address
    security: MediaSecurity = MediaSecurity.OPTIONAL
    credentials: Credentials | None = None
    listens: Duration = 5.0
    """How long both sides are given to speak, in seconds."""
    patience: Duration = 20.0
    """How long it may ring."""
    ports: range = field(default_factory=lambda: range(30000, 31000))
    """UDP ports for the audio."""


async def call_trial(
    traveller: Traveller, hop: Hop, resolver: Resolves, order: CallOrder
) -> CallTrial:
    """Call by way of *hop*, speak and listen, hang up, and tell how it was."""
    return await _TrialCall(traveller, hop, order).run(resolver)


class _TrialCall:
    """One test call under way."""

    def __init__(self, traveller: Traveller, hop: Hop, order: CallOrder) -> None:
        self._traveller = traveller
        self._hop = hop
        self._order = order
        self._exchange: Exchange | None = None
        self._more = ""

    async def run(self, resolver: Resolves) -> CallTrial:
        engine = MediaEngine(self._order.ports)
        only = OnlyTo(self._hop, self._order.target, resolver)
        await engine.start()
        try:
            ears = Ears(on_event=self._hear, on_message=self._read)
            async with outpost(self._traveller, self._hop, only, ears, goodbye=GOODBYE) as post:
                return await self._call(post, engine)
        finally:
            await engine.stop()

    async def _call(self, post: Outpost, engine: MediaEngine) -> CallTrial:
        exchange = self._exchange = Exchange(
            post.driver,
            engine,
            clock=self._traveller.clock,
            randomness=self._traveller.randomness,
            security=self._order.security,
            address=local_address_towards(self._hop.address),
        )
        began = self._traveller.clock.now()
        order = self._order
        call = await exchange.place(order.target, order.caller, credentials=order.credentials)
        with suppress(TimeoutError):
            async with asyncio.timeout(order.patience):
                await call.is_up.wait()
        trial = self._answer(call, self._traveller.clock.now() - began)
        if not trial.is_answered:
            await _end(exchange, call)
            return trial
        return await self._converse(exchange, call, trial)

    def _answer(self, call: PhoneCall, took: Duration) -> CallTrial:
        """Say how the call was answered."""
        trial = CallTrial(
            target=str(self._order.target), rang=call.rang, took=took, offered=self._offered()
        )
        if call.ending is not None:
            reason = f"{call.ending.reason} ({self._more})" if self._more else call.ending.reason
            return replace(trial, status=call.ending.status, reason=reason)
        if call.media is None:
            return trial
        key = call.media.sends_with
        encryption = key.suite.value if key is not None else ""
        return replace(trial, status=200, codec=call.media.codec.value, encryption=encryption)

    async def _converse(self, exchange: Exchange, call: PhoneCall, trial: CallTrial) -> CallTrial:
        words = await asyncio.to_thread(_words)
        exchange.listen(call)
        with suppress(HungUp, TimeoutError):
            async with asyncio.timeout(self._order.listens):
                await call.line.play((Samples(words.astype("<i2").tobytes()),))
                await call.is_over.wait()
        await _end(exchange, call)
        return _with_sound(trial, words, call.samples(), call.statistics)

    def _offered(self) -> str:
        local = LocalMedia(address="127.0.0.1", port=0, security=self._order.security, session_id=1)
        return local.abilities

    def _hear(self, event: Event) -> None:
        if self._exchange is not None:
            self._exchange.receive(event)

    def _read(self, octets: bytes) -> None:
        """Note what a refusal says in words."""
        with suppress(PeerError):
            message = parse_message(octets)
            if isinstance(message, Response) and message.status >= 300:
                headers = (message.headers.get(name) for name in ("ms-diagnostics", "Warning"))
                self._more = next(filter(None, headers), "")


async def _end(exchange: Exchange, call: PhoneCall) -> None:
    await (exchange.until_over(call) if call.is_over.is_set() else exchange.hang_up(call))


def _with_sound(
    trial: CallTrial,
    said: NDArray[np.int16],
    heard: NDArray[np.int16],
    statistics: Statistics | None,
) -> CallTrial:
    passage = _passage(statistics) if statistics is not None else None
    received = passage.received if passage is not None else len(heard)
    if not received:
        return replace(trial, passage=passage, heard=Heard.NOTHING)
    match = best_match(said[:PIECE], heard)
    if match.likeness >= AN_ECHO:
        return replace(trial, passage=passage, heard=Heard.OURSELVES, echo_after=match.at / RATE)
    return replace(trial, passage=passage, heard=_loudness(heard))


def _loudness(heard: NDArray[np.int16]) -> Heard:
    level = float(np.sqrt(np.mean(heard.astype(float) ** 2))) if len(heard) else 0.0
    return Heard.SOUND if level >= LOUD_ENOUGH else Heard.SILENCE


def _passage(statistics: Statistics) -> Passage:
    return Passage(
        sent=statistics.packets_sent,
        received=statistics.packets_received,
        lost=statistics.packets_lost,
        lost_by_peer=statistics.remote_packets_lost,
        refused=statistics.packets_refused,
        jitter=statistics.jitter,
        round_trip=statistics.round_trip,
    )


def _words() -> NDArray[np.int16]:
    """Give the words that are said, as the telephone carries them."""
    path = package_folder("en-US") / "clips" / "phrase" / f"{WORDS}.wav"
    sound = wav.read(path.read_bytes(), str(path))
    words: NDArray[np.int16] = soxr.resample(sound.samples, sound.rate, RATE)
    return words


def call_target(text: str, destination: Uri) -> Uri:
    """Read whom to call: a URI, or a number or user at *destination*; raises ``Mistake``."""
    try:
        if text.partition(":")[0].lower() in ("sip", "sips"):
            return Uri.parse(text)
        return Uri.parse(f"sip:{text}") if "@" in text else replace(destination, user=text)
    except PeerError as error:
        raise Mistake(
            f'"{text}": {error}', expected="a number, a user or a SIP URI", where="--call"
        ) from error
