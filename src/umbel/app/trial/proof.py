"""The proof of ``umbel try``: a call to the attendant, a transfer, a message, and its hearing."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from umbel.app.exchange import Exchange, PhoneCall, ProofFailed
from umbel.core.instants import Duration
from umbel.media import g711, wav
from umbel.media.likeness import equal_in_pieces
from umbel.media.session import Codec
from umbel.sip.address import Address
from umbel.sip.uri import Uri

from .organisation import ACCESS, ATTENDANT, PIN, SUBSCRIBERS, Ports

AT_LEAST_EQUAL = 0.8
"""Of the samples that went in, so many must come back as they were; of other audio 1 in 15 does."""

AFTER_BEEP: Duration = 0.8
"""From the beginning of the tone until somebody polite begins to speak."""

UNDER_WAY: Duration = 0.5
"""What was just played is on its way for so long, the listener's jitter buffer included."""

Step = Callable[[str], None]
"""Told each step as it begins."""
Heard = Callable[[str, Duration], Awaitable[None]]
"""Waits until the node says a caption that contains a text, for so many seconds."""


class Proof:
    """One run of the proof."""

    def __init__(self, exchange: Exchange, ports: Ports, step: Step, heard: Heard) -> None:
        self._exchange = exchange
        self._ports = ports
        self._step = step
        self._heard = heard

    async def run(self, words: Path) -> float:
        """Go through all of it, leaving *words* (a WAV file); give the share that came back."""
        person = SUBSCRIBERS[0]
        await self._be_transferred(person.name)
        spoken = await self._leave_message(person.extension, words)
        heard = await self._hear_message(person.extension)
        self._step("Comparing what came back with what went in.")
        return equal_in_pieces(spoken, heard)

    async def _be_transferred(self, wanted: str) -> None:
        self._step(f"Thomas Watson calls the auto attendant ({ATTENDANT}) and asks for {wanted}.")
        call = await self._exchange.call(self._uri(ATTENDANT), _watson())
        await self._heard("press 1", 30)
        await self._exchange.press(call, "1")
        target = await self._exchange.follow_transfer(call)
        if target.user != SUBSCRIBERS[0].extension:
            raise ProofFailed(f"the call was transferred to {target}, not to {wanted}")
        await self._exchange.until_over(call)
        self._step(f"The exchange was asked to call {target.user}. Nobody answers there …")

    async def _leave_message(self, extension: str, words: Path) -> NDArray[np.int16]:
        self._step("… so it diverts the call to voice mail, and Watson leaves a message.")
        diversion = f"<sip:{extension}@exchange.localhost>;reason=no-answer"
        call = await self._exchange.call(
            self._uri(extension), _watson(), (("Diversion", diversion),)
        )
        await self._heard("(beep)", 30)
        await asyncio.sleep(AFTER_BEEP)
        samples = _telephone_quality(words)
        await self._exchange.speak(call, samples)
        await self._exchange.press(call, "#")
        await self._heard("press", 20)
        await self._exchange.hang_up(call)
        return samples

    async def _hear_message(self, extension: str) -> NDArray[np.int16]:
        self._step(f"{SUBSCRIBERS[0].name} calls voice mail ({ACCESS}) and logs on with a PIN.")
        caller = Address(
            display_name=SUBSCRIBERS[0].name,
            uri=Uri(scheme="sip", user=extension, host="exchange.localhost"),
        )
        call = await self._exchange.call(self._uri(ACCESS), caller)
        await self._heard("PIN", 20)
        await self._exchange.press(call, PIN + "#")
        await self._heard("new message", 20)
        await self._exchange.press(call, "1")
        return await self._hear_to_the_end(call)

    async def _hear_to_the_end(self, call: PhoneCall) -> NDArray[np.int16]:
        await self._heard("Message from", 30)
        await self._heard("press", 60)
        await asyncio.sleep(UNDER_WAY)
        await self._exchange.hang_up(call)
        return call.samples()

    def _uri(self, user: str) -> Uri:
        return Uri(
            scheme="sip",
            user=user,
            host="127.0.0.1",
            port=self._ports.tls,
            parameters={"transport": "tls"},
        )


def came_back(share: float) -> bool:
    """Say whether the audio that came back is the audio that went in."""
    return share >= AT_LEAST_EQUAL


def _watson() -> Address:
    """The first person who ever was called by telephone, on 10 March 1876."""
    return Address(
        display_name="Thomas Watson",
        uri=Uri(scheme="sip", user="+16175550110", host="exchange.localhost"),
    )


def _telephone_quality(path: Path) -> NDArray[np.int16]:
    """Give a WAV file as a telephone carries it: 8000 samples a second, G.711."""
    sound = wav.read(path.read_bytes(), str(path))
    samples = soxr.resample(sound.samples, sound.rate, 8000)
    return g711.decode(Codec.PCMU, g711.encode(Codec.PCMU, samples))
