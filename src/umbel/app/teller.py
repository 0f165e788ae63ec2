"""Events on their way to everybody who keeps or shows them."""

from collections.abc import Callable

from umbel.core.errors import Misuse
from umbel.core.events import Event, EventKind, Field
from umbel.core.instants import Clock
from umbel.trace.visible import visible_fields

Listener = Callable[[Event], None]
"""Takes an event at once and never fails: the log, the store's outbox, a terminal."""


class Teller:
    """``core.events.Events`` for one node."""

    def __init__(self, node: str, clock: Clock) -> None:
        self._node = node
        self._clock = clock
        self._listeners: list[Listener] = []

    def add_listener(self, listener: Listener) -> None:
        """Tell *listener* of every event from now on."""
        self._listeners.append(listener)

    def tell(self, kind: EventKind, **fields: Field) -> None:
        """Record that *kind* happened. What peers wrote into its *fields* is made visible."""
        told = visible_fields(fields)
        event = Event(kind=kind, at=self._clock.wall(), node=self._node, fields=told)
        try:
            _ = event.sentence, event.cure
        except KeyError as missing:
            raise Misuse(f"event {kind.number} was told without its field {missing}") from None
        for listener in self._listeners:
            listener(event)
