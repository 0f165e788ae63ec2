"""The engine without its process: commands and ticks go in, packets and events come out.

It reads no clock but the one that it is given, so a test lives an hour of calls in a second. A
packet arrived at the time of the tick that found it: jitter is measured in steps of 20 ms, which
the mean of many packets evens out.

While a peer holds the call nothing is sent and what plays stands still, to go on afterwards.
"""

from collections.abc import Iterator
from concurrent.futures import Executor
from itertools import pairwise
from typing import Final, assert_never

import numpy as np

from umbel.core.errors import Unavailable
from umbel.core.identifiers import Randomness
from umbel.core.instants import Clock, Instant
from umbel.media import rtcp
from umbel.media.comfort_noise import OCTETS_PER_SAMPLE, noise_from
from umbel.media.engine import (
    Close,
    Closed,
    Command,
    Connect,
    Event,
    KeyFromSignalling,
    Open,
    Opened,
    OpenFailed,
    Play,
    PlayEnd,
    Record,
    RecordingEnd,
    SendKey,
    StopPlaying,
    StopRecording,
)
from umbel.media.frame import FRAME

from .batches import Addresses, Rows
from .intake import Intake
from .playing import Playing
from .ports import Ports
from .prompts import Prompts
from .reporting import Sending, until_next
from .reports import report_many
from .session import Session
from .tables import Tables
from .transcoding import send_packets

TICK: Final = 0.02
"""Seconds."""

_SessionCommand = (
    Connect | Play | StopPlaying | Record | StopRecording | SendKey | KeyFromSignalling | Close
)

_NEVER: Final = np.inf
_NOISE_SAMPLES: Final = 8000
"""Of the noise that callers are heard to be silent with."""
_STREAM_OCTETS: Final = 8
_CANONICAL_NAME_OCTETS: Final = 12
"""A random name of 96 bits (RFC 7022 section 4.2)."""


class Engine:
    """All calls of one process."""

    def __init__(
        self,
        ports: range,
        *,
        clock: Clock,
        randomness: Randomness,
        loader: Executor,
        begin: int = 0,
    ) -> None:
        """Give the calls *ports*, beginning with *begin*; *loader* makes tapes of prompts."""
        self._clock = clock
        self._randomness = randomness
        self._ports = Ports(ports, begin)
        rows = len(self._ports)
        self._events: list[Event] = []
        self._sessions: dict[str, Session] = {}
        noise = noise_from(randomness.octets(_NOISE_SAMPLES * OCTETS_PER_SAMPLE))
        self._tables = Tables(rows, self._events.append, noise)
        self._intake = Intake(self._ports, self._tables)
        self._prompts = Prompts(loader)
        self._loading: dict[str, Session] = {}
        """Whose play waits for its tape."""
        self._pressing: dict[str, Session] = {}
        self._report_at = np.full(rows, _NEVER)

    def __len__(self) -> int:
        """Give how many sessions are open."""
        return len(self._sessions)

    def take_events(self) -> tuple[Event, ...]:
        """Give what happened since this was last asked, in order."""
        events = tuple(self._events)
        self._events.clear()
        return events

    def shut(self) -> None:
        """Close every socket; nothing can be done afterwards."""
        self._ports.close()

    # --- commands --------------------------------------------------------------------------

    def execute(self, command: Command) -> None:
        """Do what signalling asks; a command for a session that is gone comes too late."""
        if isinstance(command, Open):
            self._open(command)
            return
        session = self._sessions.get(command.session)
        if session is not None:
            self._execute(session, command)

    def _execute(self, session: Session, command: _SessionCommand) -> None:
        match command:
            case Connect():
                self._connect(session, command)
            case Play():
                session.end_play(PlayEnd.STOPPED)
                session.play = Playing(command)
                self._prepare_play(session)
            case StopPlaying():
                session.end_play(PlayEnd.STOPPED)
            case Record():
                session.record(command)
            case StopRecording():
                session.end_recording(RecordingEnd.STOPPED)
            case SendKey():
                rate = session.media.telephone_event_rate if session.media else 8000
                session.pressing.press(command.key, command.held, rate)
                self._pressing[session.name] = session
            case KeyFromSignalling():
                session.take_key(command.key)
            case Close():
                self._close(session)
            case _:
                assert_never(command)

    def _open(self, command: Open) -> None:
        if command.session in self._sessions:
            reason = f"the session {command.session} is open"
            self._events.append(OpenFailed(session=command.session, reason=reason))
            return
        try:
            seat = self._ports.take(command.address, command.peer)
        except Unavailable as error:
            self._events.append(OpenFailed(session=command.session, reason=str(error)))
            return
        name = self._randomness.token(_CANONICAL_NAME_OCTETS).encode()
        session = Session(command.session, seat, name, self._tables, self._events.append)
        self._sessions[session.name] = session
        self._intake.add(session)
        self._tables.senders.open(seat.row, self._randomness.octets(_STREAM_OCTETS))
        self._events.append(Opened(session=session.name, port=seat.pair.port))

    def _connect(self, session: Session, command: Connect) -> None:
        row = session.row
        self._tables.hearing.pause(row)
        session.connect(command.media, learns=command.learn_address)
        self._intake.seat(session, self._clock.now())
        session.hear_many()
        if session.may_send:
            self._tables.senders.connect(row, command.media)
        else:
            self._tables.senders.hold(row)
        if self._report_at[row] == _NEVER:
            self._report_at[row] = self._clock.now() + until_next(self._randomness.fraction())
        self._prepare_play(session)

    def _prepare_play(self, session: Session) -> None:
        session.prepare_play(self._prompts)
        self._loading[session.name] = session

    def _close(self, session: Session) -> None:
        session.end_play(PlayEnd.STOPPED)
        session.end_recording(RecordingEnd.STOPPED)
        if session.transport is not None:
            farewell = rtcp.Goodbye(ssrcs=(int(self._tables.senders.ssrc[session.row]),))
            self._report(session, farewell)
        statistics = session.statistics()
        self._forget(session)
        self._events.append(Closed(session=session.name, statistics=statistics))

    def _forget(self, session: Session) -> None:
        row = session.row
        self._tables.senders.hold(row)
        self._tables.tones.listen(row, None)
        if session.transport is not None:
            session.transport.close()
        self._report_at[row] = _NEVER
        for table in (self._sessions, self._loading, self._pressing):
            table.pop(session.name, None)
        self._intake.remove(session, self._clock.now())
        self._ports.leave(session.seat)

    # --- the tick --------------------------------------------------------------------------

    def tick(self, frames: int = 1) -> None:
        """
        Do what 20 ms of all calls ask for.

        *frames* is how many times 20 ms have passed since the last tick: more than one where it
        was late. Recordings take all of them; what is sent skips those that were missed.
        """
        now = self._clock.now()
        self._tables.senders.clock += frames * FRAME
        # First of all, so that what comes in, more or less of it, makes nothing late that goes out.
        self._send()
        self._intake.take(frames, now, self._ntp())
        self._tables.recorder.tick(frames)
        for row, key in self._tables.tones.tick(frames):
            self._intake.session(row).take_key(key)
        self._load()
        self._tables.recorder.tick_transcoded(frames)
        self._report_due(now)

    def _load(self) -> None:
        for session in list(self._loading.values()):
            if session.load_play():
                del self._loading[session.name]

    def _send(self) -> None:
        due = self._tables.senders.due()
        pressing = self._send_keys()
        if pressing:
            due = np.setdiff1d(due, pressing, assume_unique=True)
        if len(due):
            self._send_due(due)
        send_packets(self._tables, self._intake.session, pressing)

    def _send_keys(self) -> list[int]:
        """Send a packet of each press that goes on; give the rows whose audio stands aside."""
        sent = []
        for session in list(self._pressing.values()):
            media, transport, row = session.media, session.transport, session.row
            if media is None or transport is None or not self._tables.senders.is_sending(row):
                continue
            event_type = media.telephone_event
            if event_type is None:
                session.pressing.forget()
            if event_type is None or session.pressing.is_idle():
                del self._pressing[session.name]
                continue
            packet = session.pressing.next_packet(self._tables.senders, row, event_type)
            if packet is not None:
                transport.send(packet)
                sent.append(row)
        return sent

    def _send_due(self, rows: Rows) -> None:
        senders, players = self._tables.senders, self._tables.players
        is_noise = senders.in_noise(rows)
        if is_noise.any():
            in_noise, rows = rows[is_noise], rows[~is_noise]
            places, octets = players.noise(in_noise)
            senders.begin_noise(in_noise, octets)
            self._send_payloads(in_noise, places, octets)
        for some, samples in senders.batches(rows):
            self._send_audio(some, samples)

    def _send_audio(self, rows: Rows, samples: int) -> None:
        """Send a packet of so many samples to each of *rows*."""
        senders, players = self._tables.senders, self._tables.players
        senders.note(rows, players.are_playing(rows))
        senders.begin_packets(rows, samples)
        places, finished = players.take(rows, samples)
        self._send_payloads(rows, places, samples)
        for row in finished:
            self._intake.session(row).end_play(PlayEnd.FINISHED)

    def _send_payloads(self, rows: Rows, places: Addresses, octets: int) -> None:
        """Send the packets whose headers are made; so many octets lie at *places* for each."""
        senders, players = self._tables.senders, self._tables.players
        outbox = senders.outbox
        outbox.append_audio(rows, places, octets)
        is_secret = ~senders.is_plain[rows]
        if is_secret.any():
            secret = rows[is_secret]
            headers, audio = outbox.headers_of(secret), players.audio(places[is_secret], octets)
            sealed = self._tables.protectors.seal(secret, headers, audio, outbox.sealed)
            outbox.seal(secret, sealed)
        outbox.send(rows, self._runs(rows))

    def _runs(self, rows: Rows) -> Iterator[tuple[int, int, int]]:
        """Give the sockets by which *rows* are sent, and which part of them by each."""
        pairs = self._tables.senders.pairs[rows]
        edges = [0, *(np.flatnonzero(pairs[1:] != pairs[:-1]) + 1).tolist(), len(rows)]
        for start, end in pairwise(edges):
            yield self._ports.pair(int(pairs[start])).rtp.fileno(), start, end

    # --- reports ---------------------------------------------------------------------------

    def _report_due(self, now: Instant) -> None:
        rows = np.flatnonzero(self._report_at <= now)
        if not len(rows):
            return
        sessions = [self._intake.session(row) for row in rows.tolist()]
        for session in sessions:
            self._report_at[session.row] = now + until_next(self._randomness.fraction())
        usual = [each for each in sessions if self._has_usual_report(each)]
        report_many(usual, self._tables, now=now, ntp=self._ntp())
        for session in sessions:
            if session not in usual:
                self._report(session)

    def _has_usual_report(self, session: Session) -> bool:
        """Say whether a call has sent something and heard somebody."""
        is_heard = session.sources.latest is not None
        return is_heard and bool(self._tables.senders.packets[session.row])

    def _report(self, session: Session, *more: rtcp.RtcpPacket) -> None:
        if session.transport is None:
            return
        row, senders = session.row, self._tables.senders
        self._tables.hearing.report(row)
        sending = Sending(
            ssrc=int(senders.ssrc[row]),
            timestamp=senders.timestamp(row),
            packets=int(senders.packets[row]),
            octets=int(senders.octets[row]),
        )
        packets = session.reporter.report(
            sending, session.sources.latest, now=self._clock.now(), ntp=self._ntp()
        )
        session.transport.send_rtcp(rtcp.build((*packets, *more)))

    def _ntp(self) -> int:
        return rtcp.ntp_time(self._clock.wall().timestamp())
