"""The offers and answers of one leg, and whether one of ours waits (RFC 3264, RFC 6337)."""

from collections.abc import Callable
from dataclasses import replace

from umbel.core.identifiers import Randomness
from umbel.media.offer_answer import LocalMedia, OfferAnswer
from umbel.media.session import MediaSession


class Negotiation:
    """Offer and answer, with the application told whatever was agreed anew."""

    def __init__(
        self,
        local: LocalMedia,
        randomness: Randomness,
        on_agreed: Callable[[MediaSession], None],
    ) -> None:
        self._offer_answer = OfferAnswer(local, randomness)
        self._on_agreed = on_agreed
        self._told: MediaSession | None = None
        self._agreed_local = local
        self.is_awaiting_answer = False
        """Whether an offer of ours has not been answered."""

    @property
    def local(self) -> LocalMedia:
        """What we bring."""
        return self._offer_answer.local

    @property
    def agreed_local(self) -> LocalMedia:
        """What the peer was told in the last agreement; before the first, what we bring."""
        return self._agreed_local

    def replace_local(self, local: LocalMedia) -> None:
        """Bring something else from now on: another port, address or security."""
        self._offer_answer.local = replace(local, session_id=self.local.session_id)
        self._told = None

    def revert_local(self) -> None:
        """Bring again what the peer knows: what stood in the last agreement."""
        self._offer_answer.local = self._agreed_local

    def offer(self) -> bytes:
        """Make an offer; the answer is awaited from now on."""
        self.is_awaiting_answer = True
        return self._offer_answer.make_offer()

    def answer(self, offer: bytes) -> bytes:
        """Answer the peer's offer; a ``PeerError`` says why not, and leaves all as it was."""
        answer, media = self._offer_answer.receive_offer(offer)
        self._agreed(media)
        return answer

    def take_answer(self, answer: bytes) -> None:
        """Take the answer to our offer; a ``PeerError`` says what is wrong with it."""
        self.is_awaiting_answer = False
        self._agreed(self._offer_answer.receive_answer(answer))

    def withdraw_offer(self) -> None:
        """Take the news that our offer was refused: all stays as it was (RFC 3261 section 14.1)."""
        self.is_awaiting_answer = False

    def _agreed(self, media: MediaSession) -> None:
        self._agreed_local = self.local
        if media != self._told:
            self._told = media
            self._on_agreed(media)
