"""Recording something and letting the person confirm it: messages, greetings and names alike."""

from dataclasses import dataclass

from umbel.core.instants import Duration
from umbel.mailbox.message import AudioId
from umbel.speech.phrase import Phrase, Recorded, Spoken
from umbel.um.call import Call, Ended

from .asking import choose

HEAR, AGAIN, KEEP = "1", "2", "#"
"""Keys that mean the same after every recording."""

FINISHED = "#"
"""The key that ends a recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a recording may be."""

    longest: Duration
    silence: Duration
    """Silence that ends it."""
    shortest: Duration
    """What is shorter, closing silence aside, is nothing."""


async def record_once(call: Call, audio: AudioId, limits: Limits) -> Duration:
    """Record until something ends it; give the seconds that were spoken, closing silence aside."""
    recording = await call.record(
        audio, longest=limits.longest, silence=limits.silence, keys=FINISHED
    )
    call.milestone("recording.ended", because=recording.ended.value)
    if recording.ended is Ended.SILENCE:
        return max(0.0, recording.duration - limits.silence)
    if recording.ended is Ended.LIMIT:
        await call.say(Phrase("recording-limit"))
    return recording.duration


async def review(call: Call, heard: Recorded, *spoken: Spoken, keys: str, tries: int) -> str | None:
    """
    Let the person hear their recording as often as they like, and decide.

    Gives one of *keys*, which may also be pressed while it plays; ``None``: they decided nothing.
    """
    while True:
        key = await choose(call, *spoken, choices=HEAR + keys, tries=tries)
        while key == HEAR:
            key = (await call.play(heard, HEAR + keys)).key
            if key is None:
                break
        else:
            return key
