"""Calls that are not G.711, after all the others were served: each costs a coder of its own.

How many there are at once is decided where calls are let in. G.722 has as many octets as G.711 and
is sent with it; what is heard of it, and all of Opus, comes and goes here, call by call.
"""

from collections.abc import Callable, Sequence

from umbel.media.engine import PlayEnd

from .session import Session
from .tables import Tables


class Transcoding:
    """Serves the rows of an engine whose codec is transcoded."""

    def __init__(self, tables: Tables, session_of: Callable[[int], Session]) -> None:
        self._tables = tables
        self._session_of = session_of

    def send(self, pressing: Sequence[int]) -> None:
        """Send 20 ms of Opus to each call but those in *pressing*, whose audio stands aside."""
        for row in self._tables.senders.due_by_packet():
            if row not in pressing:
                self._send_one(row)

    def _send_one(self, row: int) -> None:
        session = self._session_of(row)
        if session.transport is None:
            return
        payload, is_finished = self._tables.packet_players.next_packet(row)
        session.transport.send(self._tables.senders.packet(row, payload))
        if is_finished:
            session.end_play(PlayEnd.FINISHED)
