"""Which codecs calls may have, and how many calls may have one that is transcoded.

G.711 costs next to nothing. Every other codec costs a decoder for each call: so there is a limit,
and who comes when it is reached gets G.711, or 503 where they have nothing else.
"""

from typing import Final

from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Mistake
from umbel.core.events import Events
from umbel.core.instants import Clock, Duration, Instant, later
from umbel.media.session import PLAIN_CODECS, Codec
from umbel.net.media_engine import libopus

from .media_settings import MediaSettings

_TOLD_EVERY: Final[Duration] = 60.0
"""Seconds between two events of one limit: each call would be another."""


def codecs_of(settings: MediaSettings) -> tuple[Codec, ...]:
    """
    Give the codecs that calls may have, the preferred first.

    Raises ``Mistake`` where the settings name one that this machine does not have.
    """
    wanted = settings.codecs or tuple(Codec)
    if not libopus.is_available():
        if Codec.OPUS in settings.codecs:
            raise Mistake(
                '"opus", and no libopus.so.0 on this machine',
                expected="a codec that this machine has",
                where="umbel.toml, media, codecs",
                do=f"install it: apt-get install {libopus.PACKAGE} – or leave it out",
            )
        wanted = tuple(codec for codec in wanted if codec is not Codec.OPUS)
    if settings.transcoded_calls == 0:
        wanted = tuple(codec for codec in wanted if codec in PLAIN_CODECS)
    return wanted


class CodecRoom:
    """Knows which calls are transcoded, and what the next one may have."""

    def __init__(self, settings: MediaSettings, *, node: str, events: Events, clock: Clock) -> None:
        self._codecs = codecs_of(settings)
        self._transcoded = tuple(codec for codec in self._codecs if codec.is_transcoded)
        self._most = settings.transcoded_calls
        self._node = node
        self._events = events
        self._clock = clock
        self._calls: set[str] = set()
        self._tell_again = Instant(0.0)

    def __len__(self) -> int:
        """Give how many calls are transcoded."""
        return len(self._calls)

    def enter(self, call: str) -> tuple[tuple[Codec, ...], tuple[Codec, ...]]:
        """
        Give the codecs that a call may have, and those for which there is no room now.

        A call has a place from when it agrees on one that is transcoded, until it leaves: most
        that come at once want G.711.
        """
        if not self._transcoded:
            return self._codecs, ()
        if len(self._calls) < self._most or call in self._calls:
            return self._codecs, ()
        self._tell_full(call)
        return tuple(codec for codec in self._codecs if not codec.is_transcoded), self._transcoded

    def agree(self, call: str, codec: Codec) -> None:
        """Take what a call has agreed on; in mid-call its peer may change that, room or not."""
        if codec.is_transcoded:
            self._calls.add(call)
        else:
            self._calls.discard(call)

    def leave(self, call: str) -> None:
        """Take the end of a call."""
        self._calls.discard(call)

    def _tell_full(self, call: str) -> None:
        now = self._clock.now()
        if now < self._tell_again:
            return
        self._tell_again = later(now, _TOLD_EVERY)
        self._events.tell(
            catalogue.NO_ROOM_TO_TRANSCODE,
            node=self._node,
            limit=self._most,
            codecs=" or ".join(self._transcoded),
            call=call,
        )
