"""One call in the engine: what is played to it, what is recorded from it, which keys it presses.

What happens many times a second happens in the tables, for all calls at once. Here is what is
rare, or new: signalling's wishes, first packets, keys, ends.
"""

from collections.abc import Callable

import numpy as np

from umbel.core.instants import Instant
from umbel.media.comfort_noise import ComfortNoise
from umbel.media.engine import Event, KeyPressed, PlayEnd, Record, RecordingEnd, Statistics
from umbel.media.rtp import MalformedPacket
from umbel.media.session import PLAIN_CODECS, Codec, Direction, MediaSession

from .names import Endpoint
from .origin import Trail
from .playing import Playing
from .ports import Seat
from .pressing import Pressing
from .prompts import Prompts, UnfinishedTape, Unplayable
from .reporting import Reporter
from .sources import Sources
from .tables import Tables
from .transport import Transport

_SENDING = (Direction.SENDRECV, Direction.SENDONLY)
_RECEIVING = (Direction.SENDRECV, Direction.RECVONLY)


class Session:
    """A seat and, once signalling has agreed, the exchange of packets over its ports."""

    def __init__(
        self,
        name: str,
        seat: Seat,
        canonical_name: bytes,
        tables: Tables,
        tell: Callable[[Event], None],
    ) -> None:
        self.name = name
        self.seat = seat
        self.media: MediaSession | None = None
        self.transport: Transport | None = None
        self.sources = Sources()
        self.reporter = Reporter(canonical_name)
        self.pressing = Pressing()
        self.play: Playing | None = None
        self.refused_before = 0
        """Packets that came before signalling had agreed on anything, or from a stranger."""
        self._tables = tables
        self._tape: UnfinishedTape | None = None
        self._tell = tell
        tables.hearing.open(seat.row)

    @property
    def row(self) -> int:
        """Give the call's place in the tables."""
        return self.seat.row

    # --- what signalling says --------------------------------------------------------------

    def connect(self, media: MediaSession, *, learns: bool) -> None:
        """Exchange packets as *media* says."""
        self.media = media
        if self.transport is None:
            self.transport = Transport(self.seat, self._tables, media, learns=learns)
        else:
            self.transport.change(media, learns=learns)
        self.sources.change_clock(media.codec.clock_rate)
        self._tables.recorder.listen(self.row, media.codec)
        self._tables.tones.listen(self.row, self._tone_codec(media))
        self._tables.players.listen(self.row, media.codec)

    def _tone_codec(self, media: MediaSession) -> Codec | None:
        """Give the codec in which keys are listened for; ``None``: they come as packets."""
        if media.telephone_event is not None or media.direction not in _RECEIVING:
            return None
        return media.codec if media.codec in PLAIN_CODECS else None

    @property
    def may_send(self) -> bool:
        """Say whether the peer wants our audio: neither on hold nor without an address."""
        return (
            self.media is not None
            and self.media.direction in _SENDING
            and self.transport is not None
            and self.transport.target is not None
        )

    # --- playing ---------------------------------------------------------------------------

    def prepare_play(self, prompts: Prompts) -> None:
        """Have the tape made that the play needs now: of its items, in the codec agreed on."""
        if self.play is None or self.media is None or self.play.codec == self.media.codec:
            return
        self._stop_players()
        self.play.unload(self.media.codec)
        try:
            self._tape = prompts.request(self.play.command.items, self.media.codec)
        except Unplayable as error:
            self.end_play(PlayEnd.FAILED, str(error))
        else:
            self.load_play()

    def load_play(self) -> bool:
        """Begin to play if the tape is ready; say whether nothing is waited for any more."""
        if self.play is None or self._tape is None:
            return True
        if not self._tape.is_ready():
            return False
        tape, self._tape = self._tape, None
        try:
            self.play.load(tape.tape())
        except Unplayable as error:
            self.end_play(PlayEnd.FAILED, str(error))
        else:
            self._begin_to_play(self.play)
        return True

    def _begin_to_play(self, play: Playing) -> None:
        self._tables.senders.speak(self.row)
        if play.codec is Codec.OPUS:
            self._tables.packet_players.begin(self.row, play)
        else:
            self._tables.players.begin(self.row, play)

    def _stop_players(self) -> None:
        self._tables.players.stop(self.row)
        self._tables.packet_players.stop(self.row)

    def end_play(self, why: PlayEnd, detail: str = "") -> None:
        """Be silent, and tell how far it came."""
        if self.play is not None:
            self._stop_players()
            self._tell(self.play.ended(why, detail))
        self.play = self._tape = None

    # --- recording -------------------------------------------------------------------------

    def record(self, command: Record) -> None:
        """Record what is heard from now on, instead of what is being recorded."""
        codec = self.media.codec if self.media is not None else Codec.PCMU
        self._tables.recorder.begin(self.row, command, codec)

    def end_recording(self, why: RecordingEnd, key: str = "") -> None:
        """Hand over what is left of a recording that runs."""
        self._tables.recorder.stop(self.row, why, key)

    # --- hearing ---------------------------------------------------------------------------

    def admit(self, data: bytes, source: Endpoint, now: Instant) -> bytes | None:
        """Give the RTP packet that arrived; ``None``: it is refused."""
        if self.transport is None:
            self.refused_before += 1
            return None
        trail = self._trail(now) if self.transport.may_move_to(source) else None
        return self.transport.admit(data, source, trail)

    def _trail(self, now: Instant) -> Trail | None:
        """Give how far the stream has come that was heard last."""
        heard, hearing = self.sources.latest, self._tables.hearing
        if heard is None:
            return None
        hearing.report(self.row)
        heard_at = Instant(float(hearing.heard_at[self.row]))
        return Trail.of(heard.ssrc, heard.reception, heard_at, now)

    def hear(self, header: tuple[int, int, int, int], payload: bytes, now: Instant) -> None:
        """Take a packet: the second octet, sequence number, timestamp and SSRC, and its payload."""
        self._tables.hearing.pause(self.row)
        second, sequence_number, timestamp, ssrc = header
        latest, source = self.sources.latest, self.sources.of(ssrc)
        if latest is not None and latest is not source:
            self._tables.recorder.change_source(self.row)
            self._tables.tones.change_source(self.row)
        number = source.reception.receive(sequence_number, timestamp, now)
        self._tables.hearing.heard_at[self.row] = now
        media = self.media
        if number is None or media is None or media.direction not in _RECEIVING:
            return
        payload_type = second & 0x7F
        if payload_type == media.payload_type:
            self._record(number, timestamp, payload)
            return
        noise = None
        if payload_type == media.comfort_noise and payload:
            noise = ComfortNoise.parse(payload)
        self._tables.recorder.skip(self.row, number, noise)
        if payload_type == media.telephone_event:
            self._hear_key(header, payload)

    def hear_many(self) -> None:
        """
        Let the tables take what is plain of the source that was heard last.

        What is transcoded goes the long way: its limit is a low one (``transcoding``).
        """
        source, media, transport = self.sources.latest, self.media, self.transport
        if source is None or media is None or transport is None:
            return
        if media.codec.is_transcoded:
            return
        if transport.peer is None or media.direction not in _RECEIVING:
            return
        if transport.takes_many_of(source.ssrc):
            self._tables.hearing.resume(self.row, source.reception, source.ssrc, media.payload_type)

    def hear_rtcp(self, data: bytes, source: Endpoint, now: Instant, ntp: int) -> None:
        """Take an RTCP packet."""
        if self.transport is None:
            self.refused_before += 1
            return
        compound = self.transport.admit_rtcp(data, source)
        if compound is None:
            return
        ssrc = int(self._tables.senders.ssrc[self.row])
        try:
            self.reporter.hear(compound, ssrc, now=now, ntp=ntp)
        except MalformedPacket:
            self.transport.refused += 1

    def take_key(self, key: str) -> None:
        """Tell that *key* was pressed; it ends, in this very tick, what it is to stop."""
        self._tell(KeyPressed(session=self.name, key=key))
        if self.play is not None and key in self.play.command.stop_keys:
            self.end_play(PlayEnd.KEY)
        recording = self._tables.recorder.command(self.row)
        if recording is not None and key in recording.stop_keys:
            self.end_recording(RecordingEnd.KEY, key)

    def _record(self, number: int, timestamp: int, payload: bytes) -> None:
        recorder, tones = self._tables.recorder, self._tables.tones
        if tones.is_listening[self.row]:
            at, octets = np.array([self.row], np.intp), np.frombuffer(payload, np.uint8)
            numbers, stamps = np.array([number], np.int64), np.array([timestamp], np.int64)
            tones.put(at, numbers, stamps, octets.reshape(1, -1))
        if not recorder.is_recording[self.row]:
            return
        if recorder.is_transcoded(self.row):
            recorder.put_transcoded(self.row, number, timestamp, payload)
            return
        recorder.put(
            np.array([self.row], np.intp),
            np.array([number], np.int64),
            np.array([timestamp], np.int64),
            np.frombuffer(payload, np.uint8).reshape(1, -1),
        )

    def _hear_key(self, header: tuple[int, int, int, int], payload: bytes) -> None:
        second, sequence_number, timestamp, ssrc = header
        try:
            key = self.sources.of(ssrc).keys.feed(
                payload,
                timestamp=timestamp,
                marker=bool(second & 0x80),
                sequence_number=sequence_number,
            )
        except MalformedPacket:
            return  # An event that is cut short tells nothing; its repetitions will.
        if key is not None:
            self.take_key(key)

    # --- measuring -------------------------------------------------------------------------

    def statistics(self) -> Statistics:
        """Give what was measured so far."""
        self._tables.hearing.report(self.row)
        refused = self.transport.refused if self.transport is not None else 0
        refused += int(self._tables.hearing.refused[self.row])
        return Statistics(
            packets_sent=int(self._tables.senders.packets[self.row]),
            packets_received=self.sources.received,
            packets_lost=self.sources.lost,
            packets_refused=refused + self.refused_before,
            jitter=self.sources.jitter,
            round_trip=self.reporter.round_trip,
            remote_packets_lost=self.reporter.remote_packets_lost,
        )
