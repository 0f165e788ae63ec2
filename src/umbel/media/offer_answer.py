"""Offer and answer for the one audio stream of a call (RFC 3264, 4568, 8643)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from umbel.core.errors import PeerError
from umbel.core.identifiers import Randomness

from .session import Codec, MediaSession


class MediaSecurity(StrEnum):
    """Whether the audio is encrypted."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


class NotAcceptable(PeerError):
    """What the peer offered and what we can do have nothing in common; the text says both."""

    status: ClassVar[int] = 488


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMedia:
    """What we bring to offer and answer."""

    address: str
    """The numeric address that packets are to be sent to."""
    port: int
    """Of RTP; RTCP takes the next."""
    security: MediaSecurity
    session_id: int
    """Of the ``o=`` line: the same for as long as the dialog lives."""
    codecs: tuple[Codec, ...] = (Codec.PCMU, Codec.PCMA)
    """By preference, in what we offer; the peer's preference decides in what we answer."""
    session_name: str = "umbel"


class OfferAnswer:
    """The offers and answers of one dialog, one after another."""

    def __init__(self, local: LocalMedia, randomness: Randomness) -> None:
        self.local = local
        self.session: MediaSession | None = None
        """What was agreed last."""
        self._randomness = randomness

    def make_offer(self) -> bytes:
        """Give an offer of ours, the first or a new one."""
        raise NotImplementedError

    def receive_offer(self, sdp: bytes) -> tuple[bytes, MediaSession]:
        """Give the answer to the peer's offer, and what is agreed thereby."""
        raise NotImplementedError

    def receive_answer(self, sdp: bytes) -> MediaSession:
        """Give what the peer's answer to our offer agreed; it may come again (183, then 200)."""
        raise NotImplementedError
