"""The audio of a call: its line, the session in a media engine, and what the peer was told of it.

An engine that is lost does not end the call. Another one takes the session: it is opened there, the
peer is told of its ports by re-INVITE, and the line goes on where it was. The keys of SRTP stay: not
every phone takes up others from a re-INVITE, and the other engine sends with an SSRC of its own, from
which the key stream is made (RFC 3711 sections 4.1.1 and 9.1), so nothing is sealed twice alike.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from umbel.core.errors import Unavailable
from umbel.core.instants import Duration
from umbel.media.engine import Statistics
from umbel.media.offer_answer import LocalMedia, MediaSecurity
from umbel.media.session import Codec, MediaSession
from umbel.sip.hop import Source
from umbel.ua import Leg

from .line import Line
from .surroundings import Surroundings

MEDIA_LOST = "the media engine was lost"

PEER_PATIENCE: Duration = 8.0
"""How long a caller waits in silence for the peer's word on the re-INVITE: the retransmissions of
four seconds over UDP, and one round of glare (RFC 3261 section 14.1)."""

MOST_MOVES = 3
"""How often a call survives the loss of an engine: perhaps it is the call that brings them down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is fixed about the audio of a call before it is answered."""

    source: Source
    """Where the INVITE came from, which decides the address that audio is sent to."""
    security: MediaSecurity
    learn_address: bool
    """Whether the peer may be behind NAT."""
    expected_from: tuple[str, int] | None
    """Where the offer says that audio comes from; ``None``: it may come from elsewhere too."""


class LegAudio:
    """Opens, agrees, moves and closes the audio of one leg."""

    def __init__(
        self,
        call: str,
        leg: Leg,
        terms: Terms,
        around: Surroundings,
        *,
        give_up: Callable[[str], None],
        moved: Callable[[], None],
    ) -> None:
        """*give_up* is told why the audio cannot go on, *moved* that it goes on in another engine."""
        self.line = Line(call, around.media.send)
        self.media: MediaSession | None = None
        """What was agreed on last."""
        self._leg = leg
        self._terms = terms
        self._around = around
        self._give_up = give_up
        self._told_of_move = moved
        self._local: LocalMedia | None = None
        """What we bring; ``None``: no session has been opened."""
        self._was_lost_early = False
        self._moving: asyncio.Task[None] | None = None
        self._is_agreed = asyncio.Event()
        """Whether the peer knows where the audio is now."""

    async def open(self) -> LocalMedia:
        """Open the session and give what to answer with; ``Unavailable``: there is none to be had."""
        around, source = self._around, self._terms.source
        address = around.media.address_for(source.local_address, source.address)
        while True:
            self._was_lost_early = False
            port = await self._open_session(address, self._terms.expected_from)
            if not self._was_lost_early:
                break
        codecs, busy = around.media.codecs.enter(self.line.name)
        self._local = LocalMedia(
            address=address,
            port=port,
            security=self._terms.security,
            session_id=int.from_bytes(around.randomness.octets(4)),
            codecs=codecs,
            busy=busy,
        )
        return self._local

    def agree(self, media: MediaSession) -> None:
        """Take what was agreed on, first or again."""
        self.media = media
        self._around.media.codecs.agree(self.line.name, media.codec)
        self.line.connect(media, learn_address=self._terms.learn_address)
        agreed = self._leg.agreed_local
        if self._moving is not None and agreed is not None and agreed.port == self._port:
            self._is_agreed.set()

    def refuse(self, status: int, reason: str) -> None:
        """Take the news that the peer does not follow our audio to its new place."""
        self._stop_moving()
        self._give_up(f"{MEDIA_LOST}, and the peer refused another: {status} {reason}")

    def lose(self) -> None:
        """The engine is gone, with the session: find another, or give up."""
        if self._local is None:
            self._was_lost_early = True
        elif self._leg.is_over:
            self._stop_moving()
            self.line.lose()
        elif self.line.moves == MOST_MOVES:
            self._stop_moving()
            self.line.lose()
            self._give_up(f"{MEDIA_LOST}, for the {MOST_MOVES + 1}th time")
        else:
            self._stop_moving()
            self.line.suspend()
            self._is_agreed.clear()
            self._moving = asyncio.get_running_loop().create_task(self._move(self._local))

    async def close(self) -> Statistics | None:
        """End the session and give what was measured; ``None``: nobody can say."""
        if self._moving is not None:
            self._moving.cancel()
            await asyncio.wait((self._moving,))
        self._give_up = self._told_of_move = _ignore  # The call and its audio knew each other.
        return await self.line.close() if self._local is not None else None

    # --- to another engine -----------------------------------------------------------------

    async def _move(self, local: LocalMedia) -> None:
        try:
            trouble = await self._find_another(local)
        except Exception as error:  # noqa: BLE001 - the call must not stay in silence
            self._around.faults.tell("moving a call to another media engine", error)
            trouble = ", and an internal error kept it from another"
        if trouble:
            self._give_up(f"{MEDIA_LOST}{trouble}")
        else:
            self.line.resume()
            self._told_of_move()

    async def _find_another(self, local: LocalMedia) -> str:
        """Open the session anew and have the peer follow; give what stands in the way."""
        try:
            port = await self._open_session(local.address, self._peer)
        except Unavailable as error:
            return f": {error}"
        self.line.reopen()
        self._local = replace(local, port=port, codecs=self._codecs(local))
        try:
            await self._tell_peer(self._local)
        except TimeoutError:
            return ", and the peer did not answer the offer of another"
        return ""

    async def _tell_peer(self, local: LocalMedia) -> None:
        self._leg.re_offer(local, self._around.clock.now())
        self._around.settle()
        async with asyncio.timeout(PEER_PATIENCE):
            await self._is_agreed.wait()

    async def _open_session(self, address: str, peer: tuple[str, int] | None) -> int:
        return await self._around.media.open(self.line.name, address, self.line.receive, peer)

    def _stop_moving(self) -> None:
        moving, self._moving = self._moving, None
        if moving is not None:
            moving.cancel()

    def _codecs(self, local: LocalMedia) -> tuple[Codec, ...]:
        """Put the codec that is in use first: the peer need not change it."""
        if self.media is None:
            return local.codecs
        used = self.media.codec
        return (used, *(codec for codec in local.codecs if codec is not used))

    @property
    def _peer(self) -> tuple[str, int] | None:
        """Where the audio comes from, as far as signalling has said so for certain."""
        media = self.media
        if media is None or not media.remote_port or self._terms.learn_address:
            return None
        return media.remote_address, media.remote_port

    @property
    def _port(self) -> int:
        return self._local.port if self._local is not None else 0


def _ignore(*_told: str) -> None:
    """The call is over."""
