"""The events that something tells, there to be read."""

from umbel.app.teller import Teller
from umbel.core.events import Event, EventKind, Field

from .still_clock import StillClock


class Told:
    """``core.events.Events`` with a memory; an event whose sentence lacks a field is refused."""

    def __init__(self, clock: StillClock | None = None) -> None:
        self.events: list[Event] = []
        self._teller = Teller("node01.umbel.test", clock or StillClock())
        self._teller.add_listener(self.events.append)

    def tell(self, kind: EventKind, **fields: Field) -> None:
        """Remember that *kind* happened."""
        self._teller.tell(kind, **fields)

    @property
    def kinds(self) -> list[EventKind]:
        """Give what happened, in order."""
        return [event.kind for event in self.events]

    @property
    def sentences(self) -> list[str]:
        """Give it as an administrator reads it."""
        return [event.sentence for event in self.events]
