"""Calls of Opus, sent after all the others: packet by packet, as each has a length of its own.

How many there are at once is decided where calls are let in. G.722 has as many octets as G.711 and
is sent with it. What is heard of both is decoded by ``Recorder.tick_transcoded``, call by call.
"""

from collections.abc import Callable, Sequence

from umbel.media.engine import PlayEnd

from .session import Session
from .tables import Tables


def send_packets(
    tables: Tables, session_of: Callable[[int], Session], pressing: Sequence[int]
) -> None:
    """Send 20 ms to each call but those in *pressing*, whose audio stands aside for a key."""
    for row in tables.senders.due_by_packet():
        session = session_of(row)
        if row in pressing or session.transport is None:
            continue
        payload, is_finished = tables.packet_players.next_packet(row)
        session.transport.send(tables.senders.packet(row, payload))
        if is_finished:
            session.end_play(PlayEnd.FINISHED)
