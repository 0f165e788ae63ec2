"""The messages between signalling and the media engine, which runs in a process of its own.

Commands go in, events come out; neither waits for the other, so that the engine can be rebuilt
for speed without touching its callers. ``session`` names one stream for as long as it is open.
Times are seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from umbel.core.instants import Duration

from .g711 import SAMPLES_PER_SECOND, decode
from .session import Codec, MediaSession

# --- what can be played ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clip:
    """A WAV file, any rate, mono, 16-bit; read once and kept encoded."""

    path: str


@dataclass(frozen=True, slots=True)
class Samples:
    """Audio handed over as it is: 16-bit linear, 8000 a second, mono, little-endian."""

    linear: bytes


@dataclass(frozen=True, slots=True)
class Tone:
    """A pure tone."""

    frequency: int
    seconds: Duration


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing, for a while."""

    seconds: Duration


Playable = Clip | Samples | Tone | Silence

# --- commands ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Take a port pair (RTP even, RTCP the next) and answer with ``Opened`` or ``OpenFailed``."""

    session: str
    address: str
    """The local address to bind."""
    peer: tuple[str, int] | None = None
    """
    Where signalling says that the peer's audio will come from: then calls of other peers may share
    the ports. ``None``: that is not known yet, or the peer may be behind NAT, and the ports are
    this session's alone until its address is known.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """Begin, or change, the exchange of packets as signalling agreed."""

    session: str
    media: MediaSession
    learn_address: bool = False
    """
    Accept the stream from another address than agreed, learnt from its first packet, and follow it
    where the peer's NAT gives it another one in mid-call.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """Play the items one after another without a gap, instead of what plays now."""

    session: str
    play: int
    """Chosen by the caller; the events of this play carry it."""
    items: tuple[Playable, ...]
    since: Duration = 0.0
    """Where in the whole to begin."""
    stop_keys: str = ""
    """A press of one of these stops it at once, before anybody is asked (barge-in)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPlaying:
    """Be silent."""

    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Hand over what is heard from now on, about each second, until something ends it."""

    session: str
    recording: int
    longest: Duration
    silence: Duration
    """End after so much silence; the silence stays in. 0: never."""
    stop_keys: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRecording:
    """End the recording; what is left comes before its ``RecordingEnded``."""

    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """End the session: a running recording is handed over, then ``Closed`` has the statistics."""

    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendKey:
    """Press a key towards the peer (RFC 4733), as test calls and dial-through do."""

    session: str
    key: str
    held: Duration = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFromSignalling:
    """A key that came by SIP INFO: treated as if it had come with the audio."""

    session: str
    key: str


Command = (
    Open
    | Connect
    | Play
    | StopPlaying
    | Record
    | StopRecording
    | SendKey
    | KeyFromSignalling
    | Close
)

# --- events ------------------------------------------------------------------------------------


class PlayEnd(StrEnum):
    """Why a play ended."""

    FINISHED = "finished"
    KEY = "key"
    STOPPED = "stopped"
    """By ``StopPlaying``, ``Close`` or another ``Play``."""
    FAILED = "failed"
    """An item could not be read; ``detail`` says which and why."""


class RecordingEnd(StrEnum):
    """Why a recording ended."""

    SILENCE = "silence"
    KEY = "key"
    LIMIT = "limit"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The session has its ports."""

    session: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFailed:
    """No port could be taken."""

    session: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayEnded:
    """The last sample of a play has been sent, or it was stopped."""

    session: str
    play: int
    ended: PlayEnd
    position: Duration
    """How far it came, from the beginning of the whole."""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPressed:
    """The caller pressed a key; told once, at its first packet."""

    session: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """About a second of a recording, 8000 samples a second; the engine need not decode it."""

    session: str
    recording: int
    audio: bytes
    law: Codec | None = None
    """By which the audio is to be decoded, one of G.711's; ``None``: it is linear."""

    @property
    def linear(self) -> bytes:
        """The audio as 16-bit linear, little-endian."""
        if self.law is None:
            return self.audio
        return decode(self.law, self.audio).astype("<i2", copy=False).tobytes()

    @property
    def seconds(self) -> Duration:
        """How long it is."""
        return len(self.audio) / SAMPLES_PER_SECOND / (2 if self.law is None else 1)

    def __reduce__(self) -> tuple["_Remake", tuple[str, int, bytes, Codec | None]]:
        """Be pickled without looking at each field: there is one of these per call and second."""
        return _recorded, (self.session, self.recording, self.audio, self.law)


_Remake = Callable[[str, int, bytes, Codec | None], Recorded]


def _recorded(session: str, recording: int, audio: bytes, law: Codec | None) -> Recorded:
    return Recorded(session=session, recording=recording, audio=audio, law=law)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingEnded:
    """No more ``Recorded`` follows."""

    session: str
    recording: int
    ended: RecordingEnd
    duration: Duration
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What RTP and RTCP told about one session (RFC 3550 section 6.4)."""

    packets_sent: int = 0
    packets_received: int = 0
    packets_lost: int = 0
    packets_refused: int = 0
    """From a wrong address, or not authentic, or replayed."""
    jitter: Duration = 0.0
    round_trip: Duration | None = None
    """``None``: the peer reported nothing that it can be computed from."""
    remote_packets_lost: int | None = None
    """Of ours, as the peer reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The session and its ports are gone."""

    session: str
    statistics: Statistics


Event = Opened | OpenFailed | PlayEnded | KeyPressed | Recorded | RecordingEnded | Closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How the engine bears its load, told about each second; it is of no session."""

    sessions: int
    """Open ones."""
    busy: float
    """The share of a processor's time that its ticks used: at 1 there is none left."""
    latest: Duration
    """How late the worst tick began."""
    skipped: int
    """Ticks that were left out because the one before took too long."""
    ticks: int = 50
    """Those that were due, with the ones left out."""
    late: Duration = 0.0
    """One tick in twenty began later than this."""
    tick: Duration = 0.0
    """One tick in twenty used the processor for longer than this."""
    core: int | None = None
    """The processor that the process is pinned to; ``None``: to none."""
    niceness: int = 0
    """The priority that the system granted it; below 0 it goes before the others."""
