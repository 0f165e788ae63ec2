"""The node's sign of life in the store, which also tells whether the store can be used."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version

from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Unavailable
from umbel.core.events import Events
from umbel.core.instants import Clock, Duration
from umbel.directory.records import NodeLoad, NodeRecord
from umbel.directory.repositories import Nodes

BEAT_EVERY: Duration = 10.0
"""Seconds between two signs of life."""


def new_record(name: str, listeners: tuple[str, ...], now: datetime) -> NodeRecord:
    """Give the record of a node that starts."""
    return NodeRecord(
        name=name, version=version("umbel"), started=now, heartbeat=now, listeners=listeners
    )


class Heartbeat:
    """Says again and again that *node* lives. An outage of the store is told once."""

    def __init__(
        self,
        node: NodeRecord,
        nodes: Nodes,
        *,
        clock: Clock,
        events: Events,
        load: Callable[[], NodeLoad | None] = lambda: None,
    ) -> None:
        """*load* gives how the node bears its load, which its sign of life tells."""
        self._node = node
        self._nodes = nodes
        self._clock = clock
        self._events = events
        self._load = load
        self._is_store_lost = False

    async def beat(self) -> None:
        """Say it once."""
        node = replace(self._node, heartbeat=self._clock.wall(), load=self._load())
        try:
            await self._nodes.beat(node)
        except Unavailable as error:
            self._note_loss(str(error))
        else:
            self._note_return()

    def _note_loss(self, reason: str) -> None:
        if not self._is_store_lost:
            self._is_store_lost = True
            self._events.tell(catalogue.STORE_UNAVAILABLE, node=self._node.name, reason=reason)

    def _note_return(self) -> None:
        if self._is_store_lost:
            self._is_store_lost = False
            self._events.tell(catalogue.STORE_AVAILABLE, node=self._node.name)
