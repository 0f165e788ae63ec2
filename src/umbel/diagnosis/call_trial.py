"""What a test call showed: the answer, the sound in both directions, and how well it came through."""

from dataclasses import dataclass
from enum import StrEnum

from umbel.core.instants import Duration


class Heard(StrEnum):
    """What came back while we spoke."""

    NOTHING = "nothing"
    """Not a packet."""
    SILENCE = "silence"
    """Packets, and no sound in them."""
    SOUND = "sound"
    OURSELVES = "ourselves"
    """What we said: the other end is an echo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """How audio passed, as RTP and RTCP tell (RFC 3550 section 6.4)."""

    sent: int = 0
    """Packets."""
    received: int = 0
    lost: int = 0
    """Of those that were sent to us."""
    lost_by_peer: int | None = None
    """Of ours; ``None``: the peer does not say."""
    refused: int = 0
    """From a wrong address, or not authentic."""
    jitter: Duration = 0.0
    round_trip: Duration | None = None
    """``None``: the peer reports nothing that would tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTrial:
    """One test call."""

    target: str
    """The URI that was called."""
    status: int | None = None
    """The final answer; ``None``: there was none in time."""
    reason: str = ""
    """Its reason phrase, with what its headers say more."""
    rang: int | None = None
    """The last provisional answer above 100."""
    took: Duration = 0.0
    """Until the final answer, or until our patience ended."""
    offered: str = ""
    """What was offered, in words."""
    codec: str = ""
    encryption: str = ""
    """The SRTP suite; empty: plain RTP."""
    heard: Heard = Heard.NOTHING
    echo_after: Duration | None = None
    """How long our words took to come back."""
    passage: Passage | None = None
    """``None``: nobody measured it."""

    @property
    def is_answered(self) -> bool:
        """Whether there was a call at all."""
        return self.status is not None and 200 <= self.status < 300
