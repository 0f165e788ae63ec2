"""A call as a flow sees it: somebody to talk to.

Flows are ``async def`` functions over a ``Call``. They await its verbs, and time-outs are
arguments of the verbs, so that a flow needs no clock and runs in microseconds under a double.
When the caller hangs up, the verb that is awaited (and every later one) raises ``HungUp``.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from umbel.core.events import EventKind, Field
from umbel.core.instants import Duration
from umbel.mailbox.message import AudioId, Caller
from umbel.speech.phrase import Spoken


class HungUp(BaseException):
    """The caller is gone. Like cancellation, flows need not catch it; ``finally`` still runs."""


class Ended(StrEnum):
    """Why a recording ended."""

    SILENCE = "silence"
    KEY = "key"
    LIMIT = "limit"
    HUNG_UP = "hung up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What ``record`` brought."""

    duration: Duration
    ended: Ended
    key: str = ""
    """The key that ended it, where ``ended`` is KEY."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How far ``play`` came."""

    position: Duration
    """Seconds from the beginning of the audio."""
    key: str | None
    """The key that stopped it; ``None``: it was heard to the end."""


class Outcome(StrEnum):
    """What became of a transfer."""

    TRANSFERRED = "transferred"
    BUSY = "busy"
    NO_ANSWER = "no answer"
    NOT_FOUND = "not found"
    REFUSED = "refused"
    """By the gateway or the person."""
    FAILED = "failed"
    """Anything else; the event has the reason."""


class Call(Protocol):
    """The caller on the line, answered and listening."""

    @property
    def id(self) -> str:
        """The name that logs, events and ``umbel calls`` give this call."""
        ...

    @property
    def caller(self) -> Caller:
        """Who called."""
        ...

    async def say(self, *spoken: Spoken) -> None:
        """Let the caller hear all of it; keys pressed meanwhile wait for the next question."""
        ...

    async def ask(self, *spoken: Spoken, keys: str, within: Duration) -> str | None:
        """
        Say it and wait for one key of *keys*; the first one stops the speech.

        A key outside of *keys* is returned as well: the flow says that it is no choice.
        ``None``: nothing was pressed *within* seconds of the speech's end.
        """
        ...

    async def ask_digits(
        self, *spoken: Spoken, most: int, within: Duration, between: Duration = 3.0
    ) -> str:
        """
        Say it and collect up to *most* digits, ended by ``#`` or a pause of *between* seconds.

        ``#`` is not part of the result; ``*`` ends the collection and is its last character.
        The first key stops the speech. Empty: nothing but perhaps ``#`` was pressed.
        """
        ...

    async def play(self, recorded: Spoken, keys: str) -> Played:
        """Play one piece of audio until its end or a key of *keys*; other keys are ignored."""
        ...

    async def record(
        self, into: AudioId, *, longest: Duration, silence: Duration, keys: str
    ) -> Recording:
        """
        Beep, then record into *into*, about once a second durable, until something ends it.

        A key of *keys* ends it and is not heard in the recording. If the caller hangs up the
        audio is complete in the store and ``HungUp`` is raised by the next verb, not by this one.
        """
        ...

    async def pause(self, seconds: Duration, keys: str = "") -> str | None:
        """Wait in silence; a key of *keys* ends the wait and is returned."""
        ...

    async def transfer(self, target: str) -> Outcome:
        """
        Put the caller through to *target*: a number of the dial plan or a SIP URI.

        On TRANSFERRED the call is over for us. Otherwise the caller is still here.
        """
        ...

    async def hang_up(self) -> None:
        """End the call politely. Nothing can be said afterwards."""
        ...

    def milestone(self, name: str, **fields: Field) -> None:
        """Note where the flow is (``attendant.offered``): shown live and kept with the call."""
        ...

    def tell(self, kind: EventKind, **fields: Field) -> None:
        """Raise an event about this call; ``call`` and ``caller`` are filled in."""
        ...
