"""A ``Call`` whose caller follows a script; what they heard is there to be read afterwards.

Everything the caller hears is put into words with the real phrases, strictly: a phrase that does
not exist, or a slot without a value, fails the test. Time is virtual: ``waited`` adds it up.

The script is what the caller does with the keypad, one entry for each time they do something:

- ``"1001#"``   they press these keys, one right after the other,
- ``None``      they do nothing until the flow gives up waiting,
- ``During(2.5, "11")``   they press keys while audio plays, so many seconds after it began;
  ``During(0, "1")`` also interrupts what is no question (a greeting, an envelope).

When the script is at its end the caller hangs up at the next question.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from umbel.core.events import EventKind, Field
from umbel.core.instants import Duration
from umbel.mailbox.message import AudioId, Caller
from umbel.mailbox.ports import Audio
from umbel.speech import Language, Recorded, Spoken, caption, parse_language
from umbel.um.call import Ended, HungUp, Outcome, Played, Recording

NOW = datetime(2026, 3, 10, 18, 0, tzinfo=UTC)

BETWEEN_PRESSES: Duration = 0.1
"""Between the keys of one entry."""

BETWEEN_ENTRIES: Duration = 2.5
"""Between two entries: a question that waits for less is not answered by the next entry."""

_SAMPLES_A_SECOND = 8000


@dataclass(frozen=True, slots=True)
class During:
    """Keys pressed while audio plays, one right after the other."""

    after: Duration
    keys: str


@dataclass(frozen=True, slots=True)
class Speech:
    """What the caller does after the tone."""

    seconds: Duration
    """How long the recording gets, closing silence included."""
    ended: Ended = Ended.KEY


class _End:
    """The script is over."""


Press = str | During | None


@cache
def english() -> Language:
    """Give the phrases of the package."""
    data = files("umbel.speech") / "languages" / "en-US" / "phrases.toml"
    return parse_language(data.read_text("utf-8"))


@dataclass
class ScriptedCall:
    """The double. ``hangs_up_at`` is the number of the verb that the caller no longer answers."""

    presses: Iterable[Press] = ()
    speeches: Iterable[Speech] = ()
    outcomes: Iterable[Outcome] = ()
    """What becomes of the transfers, in turn; afterwards they succeed."""
    audio: Audio | None = None
    """Where recordings go and where the length of what is played comes from."""
    caller: Caller = field(default_factory=lambda: Caller(number="2001"))
    hangs_up_at: int | None = None
    id: str = "call-1"

    heard: list[str] = field(default_factory=list)
    """Captions, one for each thing said."""
    said: list[Spoken] = field(default_factory=list)
    """The same before it was put into words."""
    waited: Duration = 0.0
    reached: str | None = None
    """Whom the caller was put through to."""
    tried: list[str] = field(default_factory=list)
    """All targets of transfers."""
    has_hung_up: bool = False
    """Whether the flow ended the call."""
    milestones: list[str] = field(default_factory=list)
    told: list[tuple[EventKind, dict[str, Field]]] = field(default_factory=list)
    verbs: int = 0

    def __post_init__(self) -> None:
        self._script: Iterator[Press] = iter(tuple(self.presses))
        self._speeches = iter(tuple(self.speeches))
        self._outcomes = iter(tuple(self.outcomes))
        self._typed = ""
        self._next: Press | _End = _End()
        self._is_gone = False
        self._advance()

    @property
    def transcript(self) -> str:
        """Give everything that was heard as one text."""
        return "\n".join(self.heard)

    async def say(self, *spoken: Spoken) -> None:
        """Let the caller hear it."""
        self._begin_verb()
        self._hear(spoken)

    async def ask(self, *spoken: Spoken, keys: str, within: Duration) -> str | None:
        """Let the caller hear it and press a key."""
        self._begin_verb()
        self._hear(spoken)
        return self._key(within)

    async def ask_digits(
        self, *spoken: Spoken, most: int, within: Duration, between: Duration = 3.0
    ) -> str:
        """Let the caller hear it and press several."""
        self._begin_verb()
        self._hear(spoken)
        key = self._key(within)
        digits = ""
        while key is not None and key != "#":
            digits += key
            if key == "*" or len(digits) == most:
                break
            key = self._typed_key()
            if key is None:
                self.waited += between
        return digits

    async def play(self, recorded: Spoken, keys: str) -> Played:
        """Let the caller hear a recording; what was typed ahead is forgotten."""
        self._begin_verb()
        self._hear((recorded,))
        self._typed = ""
        since = recorded.since if isinstance(recorded, Recorded) else 0.0
        length = max(0.0, await self._length(recorded) - since)
        press = self._next
        if isinstance(press, During) and press.keys[0] in keys and press.after < length:
            self._advance()
            self.waited += press.after
            self._typed = press.keys[1:]
            return Played(position=since + press.after, key=press.keys[0])
        self.waited += length
        return Played(position=since + length, key=None)

    async def record(
        self, into: AudioId, *, longest: Duration, silence: Duration, keys: str
    ) -> Recording:
        """Record what the caller says; whoever has nothing more to say in the script hangs up."""
        is_last = self.verbs == self.hangs_up_at and not self._is_gone
        if not is_last:
            self._begin_verb()
        speech = next(self._speeches, Speech(0.0, Ended.HUNG_UP))
        seconds = min(speech.seconds, longest)
        if self.audio is not None:
            await self.audio.append(into, bytes(2 * round(seconds * _SAMPLES_A_SECOND)))
        self.waited += seconds
        ended = Ended.HUNG_UP if is_last else speech.ended
        self._is_gone = ended is Ended.HUNG_UP
        key = keys[0] if ended is Ended.KEY else ""
        return Recording(duration=seconds, ended=ended, key=key)

    async def pause(self, seconds: Duration, keys: str = "") -> str | None:
        """Wait: only a key of the same entry comes in time."""
        self._begin_verb()
        key = self._typed_key() if keys else None
        if key is None or key not in keys:
            self.waited += seconds
            return None
        return key

    async def transfer(self, target: str) -> Outcome:
        """Put the caller through, or not, as the script has it."""
        self._begin_verb()
        self.tried.append(target)
        outcome = next(self._outcomes, Outcome.TRANSFERRED)
        if outcome is Outcome.TRANSFERRED:
            self.reached = target
            self._is_gone = True
        return outcome

    async def hang_up(self) -> None:
        """End the call."""
        self.has_hung_up = True
        self._is_gone = True

    def milestone(self, name: str, **fields: Field) -> None:
        """Remember it."""
        self.milestones.append(name)

    def tell(self, kind: EventKind, **fields: Field) -> None:
        """Remember it, once its sentence can be said."""
        complete = {"call": self.id, "caller": self.caller.number or "anonymous"} | fields
        kind.sentence.format_map(complete)
        self.told.append((kind, fields))

    def _begin_verb(self) -> None:
        if self._is_gone or self.verbs == self.hangs_up_at:
            self._is_gone = True
            raise HungUp
        self.verbs += 1

    def _hear(self, spoken: tuple[Spoken, ...]) -> None:
        self.said += spoken
        self.heard += [caption(item, english(), NOW) for item in spoken]

    def _key(self, within: Duration) -> str | None:
        """Give the next key, typed ahead or pressed now."""
        typed = self._typed_key()
        if typed is not None:
            return typed
        press = self._next
        if within < BETWEEN_ENTRIES and not (isinstance(press, During) and press.after == 0):
            self.waited += within
            return None
        self._advance()
        match press:
            case During(keys=keys) | str(keys):
                self._typed = keys[1:]
                return keys[0]
            case None:
                self.waited += within
                return None
            case _:
                self._is_gone = True
                raise HungUp

    def _typed_key(self) -> str | None:
        if not self._typed:
            return None
        key, self._typed = self._typed[0], self._typed[1:]
        self.waited += BETWEEN_PRESSES
        return key

    def _advance(self) -> None:
        self._next = next(self._script, _End())

    async def _length(self, recorded: Spoken) -> Duration:
        if self.audio is None or not isinstance(recorded, Recorded):
            return 1.0
        return await self.audio.duration(AudioId(recorded.audio))
