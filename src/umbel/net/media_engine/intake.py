"""What comes in: the packets of a tick, to the calls that they belong to.

Most are taken many at once (``Hearing``). The others are looked at one by one: first packets, keys,
strangers, reports. A call whose peer's address is not known yet has its pair's unknown packets.
"""

from collections import Counter
from typing import Final

import numpy as np

from umbel.core.instants import Instant
from umbel.media import rtp

from .batches import Inbox, Rows
from .names import Endpoint, endpoint_of
from .ports import PortPair, Ports, receive
from .seating import SHARED, UNKNOWN
from .session import Session
from .tables import Tables

_SLOTS: Final = 8192
"""Packets of one tick; what is more waits in the kernel's queues."""
_MOST_OF_A_PAIR: Final = 512
"""In one tick: whoever floods a port does not hold up the others."""
_MOST_STRANGERS: Final = 16
"""Packets from unknown addresses that are looked at, of each pair and tick."""
_MOST_OF_ONE: Final = 64
"""Packets of one call that are taken at once: those of a second, where the network or the engine
stood still, and no more, so that a peer that floods its call harms no other."""
_MOST_FOR_LONG: Final = 4
"""Packets of one call in each 20 ms, on and on: those of 10 ms, and keys beside them."""
_MOST_REPORTS: Final = 16
_MOST_AT_ONCE: Final = {UNKNOWN: _MOST_STRANGERS, SHARED: _MOST_OF_ONE}
_TOO_MANY: Final = -99
"""Instead of the row of a packet that is not looked at."""
_READ_FIELDS: Final = ["second", "sequence_number", "timestamp", "ssrc"]


class Intake:
    """Knows whose packet is whose."""

    def __init__(self, ports: Ports, tables: Tables) -> None:
        self._ports = ports
        self._tables = tables
        self._inbox = Inbox(_SLOTS)
        self._by_row: dict[int, Session] = {}
        self._places: dict[int, tuple[Endpoint | None, Endpoint | None]] = {}
        """By row: where the peer's audio and its reports are known to come from."""
        self._reporting: dict[tuple[int, Endpoint], Session] = {}
        """Whose reports come from where, by pair and address."""
        self._may_come = np.full(len(ports), _MOST_OF_ONE, np.int64)
        """By row: how many packets are taken at once."""
        self._roaming: dict[int, set[int]] = {}
        """By pair: the rows whose peer is known, and may go on at another address."""

    def session(self, row: int) -> Session:
        """Give the call of a row."""
        return self._by_row[row]

    def add(self, session: Session) -> None:
        """Expect packets of a call."""
        self._by_row[session.row] = session
        self._may_come[session.row] = _MOST_OF_ONE

    def remove(self, session: Session, now: Instant) -> None:
        """Expect nothing more of a call."""
        self._tables.hearing.pause(session.row)
        self._tables.seating.leave(session.row, now)
        self._forget_reports(session)
        self._stay(session)
        del self._by_row[session.row]

    def seat(self, session: Session, now: Instant) -> None:
        """Learn what is known now of where the peer of a call is."""
        transport, pair = session.transport, session.seat.pair
        if transport is None:
            return
        place = transport.peer, transport.rtcp_peer
        if self._places.get(session.row) != place:
            self._forget_reports(session)
            self._places[session.row] = place
            pair.peers[session.row] = transport.peer or pair.peers[session.row]
            if transport.rtcp_peer is not None:
                self._reporting[pair.index, transport.rtcp_peer] = session
            if transport.peer is not None:
                self._tables.seating.move(session.row, pair.index, transport.peer, now)
            else:
                self._tables.seating.unsettle(session.row)
        if transport.may_be_anywhere:
            pair.newcomers.add(session.row)
        else:
            pair.newcomers.discard(session.row)
        if transport.may_move:
            self._roaming.setdefault(pair.index, set()).add(session.row)
        else:
            self._stay(session)
        if transport.target is not None:
            self._tables.senders.aim(
                session.row, pair.index, transport.target, is_plain=transport.is_plain
            )

    def take(self, frames: int, now: Instant, ntp: int) -> None:
        """Take all that has arrived in *frames* of 20 ms, and do not wait."""
        self._inbox.clear()
        np.minimum(self._may_come + frames * _MOST_FOR_LONG, _MOST_OF_ONE, out=self._may_come)
        for pair, is_rtcp in self._ports.ready():
            if is_rtcp:
                self._take_reports(pair, now, ntp)
            else:
                self._inbox.collect(pair.rtp, pair.index, _MOST_OF_A_PAIR)
        if self._inbox.count:
            self._take_packets(now)

    def _take_packets(self, now: Instant) -> None:
        inbox = self._inbox
        rows = self._tables.seating.find(inbox.names[: inbox.count], inbox.pairs[: inbox.count])
        rows = self._without_floods(rows)
        looked_at: Counter[tuple[int, int]] = Counter()  # Where nobody can be named beforehand.
        for slot in self._tables.hearing.hear(inbox, rows, now).tolist():
            row, pair = int(rows[slot]), int(inbox.pairs[slot])
            if row == _TOO_MANY:
                continue
            if row < 0:
                looked_at[pair, row] += 1
                if looked_at[pair, row] > _MOST_AT_ONCE[row]:
                    continue
            self._take_one(slot, row, now)

    def _without_floods(self, rows: Rows) -> Rows:
        """Give whose the packets are, where one has sent too many the first ones only."""
        known = rows[rows >= 0]
        if not len(known):
            return rows
        came = np.bincount(known, minlength=len(self._may_come))
        excess = came - self._may_come
        np.maximum(self._may_come - came, 0, out=self._may_come)
        flooding = np.flatnonzero(excess > 0)
        if len(flooding):
            rows = rows.copy()
            for row in flooding.tolist():
                rows[np.flatnonzero(rows == row)[-excess[row] :]] = _TOO_MANY
            self._tables.hearing.refused[flooding] += excess[flooding]
        return rows

    def _take_one(self, slot: int, row: int, now: Instant) -> None:
        data, name = self._inbox.octets(slot), self._inbox.names[slot].tobytes()
        pair, source = self._ports.pair(int(self._inbox.pairs[slot])), endpoint_of(name)
        if row >= 0:
            self._offer(data, source, self._by_row[row], now)
            return
        roamers = self._roamers(pair, data) if row == UNKNOWN else []
        if any(self._offer(data, source, roamer, now) for roamer in roamers):
            return
        session = self._whose(row, name, pair, data, now)
        if session is not None and session not in roamers:
            self._offer(data, source, session, now)

    def _offer(self, data: bytes, source: Endpoint, session: Session, now: Instant) -> bool:
        """Let a call take a packet; say whether it did."""
        packet = session.admit(data, source, now)
        if packet is None:
            return False
        header = np.frombuffer(packet, rtp.HEADER, 1)[_READ_FIELDS].tolist()[0]
        session.hear(header, packet[rtp.HEADER_OCTETS :], now)
        self.seat(session, now)
        session.hear_many()
        return True

    def _whose(
        self, row: int, name: bytes, pair: PortPair, data: bytes, now: Instant
    ) -> Session | None:
        seating = self._tables.seating
        if row == SHARED:
            return self._by_source(seating.sharers(name, pair.index), data)
        if seating.is_gone(name, pair.index, now):
            return None
        if pair.newcomers:
            return self._by_source(sorted(pair.newcomers), data)
        if len(pair.peers) == 1:
            return self._by_row[next(iter(pair.peers))]  # Which refuses it, and counts that.
        return None

    def _roamers(self, pair: PortPair, data: bytes) -> list[Session]:
        """Find the calls whose streams a packet from an unknown address may continue."""
        ssrc = int.from_bytes(data[8:12])
        sessions = [self._by_row[row] for row in self._roaming.get(pair.index, ())]
        return [
            session
            for session in sessions
            if session.sources.latest is not None and session.sources.latest.ssrc == ssrc
        ]

    def _by_source(self, rows: list[int], data: bytes) -> Session:
        """Choose among calls by the SSRC of a packet; who has heard nobody yet may have it."""
        sessions = [self._by_row[row] for row in rows]
        ssrc = int.from_bytes(data[8:12])
        for session in sessions:
            if session.sources.knows(ssrc):
                return session
        return next((one for one in sessions if one.sources.latest is None), sessions[0])

    def _take_reports(self, pair: PortPair, now: Instant, ntp: int) -> None:
        for data, source in receive(pair.rtcp, _MOST_REPORTS):
            session = self._reporting.get((pair.index, source)) or self._reporter(pair, source)
            if session is not None:
                session.hear_rtcp(data, source, now, ntp)
                self.seat(session, now)

    def _reporter(self, pair: PortPair, source: Endpoint) -> Session | None:
        """Find the call that a report from an unknown address may belong to."""
        sessions = [self._by_row[row] for row in pair.peers]
        if len(sessions) == 1:
            return sessions[0]
        for session in sessions:
            if session.transport is not None and session.transport.admits_rtcp_from(source):
                return session
        return None

    def _stay(self, session: Session) -> None:
        """Expect no more that the peer of a call goes on at another address."""
        index = session.seat.pair.index
        if index in self._roaming:
            self._roaming[index].discard(session.row)
            if not self._roaming[index]:
                del self._roaming[index]

    def _forget_reports(self, session: Session) -> None:
        _, reporting_from = self._places.pop(session.row, (None, None))
        if reporting_from is None:
            return
        place = session.seat.pair.index, reporting_from
        if self._reporting.get(place) is session:  # Another call may have the address by now.
            del self._reporting[place]
