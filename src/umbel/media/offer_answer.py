"""Offer and answer for the one audio stream of a dialog (RFC 3264, 4568, 8643).

Of an offer's streams the first audio that we can take is accepted and all others are refused with
port 0, in place. RTCP keeps a port of its own: ``a=rtcp-mux`` is not taken up, nor are ICE and
DTLS; a peer that insists on them is told so. The peer's hold and resume are answered in kind.
"""

from contextlib import suppress
from dataclasses import dataclass, replace

from umbel.core.errors import Misuse
from umbel.core.identifiers import Randomness

from .audio_description import AudioDescription, description, rejected
from .audio_stream import AudioStream, Busy, NotAcceptable, in_words
from .crypto_attribute import MASTER_OCTETS, CryptoAttribute
from .formats import accepted_formats, formats_to_offer, usual_number
from .local_media import LocalMedia, MediaSecurity
from .sdp import MediaDescription, SessionDescription
from .sdp_line import Line, MalformedSdp
from .session import PLAIN_CODECS, Direction, MediaSession, SrtpKey, SrtpSuite

__all__ = ["Busy", "LocalMedia", "MediaSecurity", "NotAcceptable", "OfferAnswer"]


@dataclass(frozen=True, slots=True)
class _Sent:
    """The last description that we sent."""

    version: int
    said: tuple[LocalMedia, tuple[tuple[Line, ...], ...], str]
    """All that it was made of but the version."""
    data: bytes


@dataclass(frozen=True, slots=True)
class _Place:
    """Where our audio stands among the streams of the dialog, which never become fewer."""

    index: int
    others: tuple[tuple[Line, ...], ...]
    """The streams that stay refused; the one at *index* is replaced by ours."""

    def filled(self, audio: tuple[Line, ...]) -> tuple[tuple[Line, ...], ...]:
        """Give all streams with ours among them."""
        return (*self.others[: self.index], audio, *self.others[self.index + 1 :])


class OfferAnswer:
    """The offers and answers of one dialog, one after another."""

    def __init__(self, local: LocalMedia, randomness: Randomness) -> None:
        self.local = local
        """May be replaced between two offers, when media move to another address or port."""
        self.session: MediaSession | None = None
        """What was agreed last; an offer that is refused leaves it as it was."""
        self._randomness = randomness
        self._sent: _Sent | None = None
        self._offered: AudioDescription | None = None
        self._agreed: AudioStream | None = None
        self._place = _Place(0, ((),))
        self._crypto: tuple[CryptoAttribute, ...] = ()
        """The keys of ours that are in use; before the first answer, those that we offered."""

    def make_offer(self) -> bytes:
        """
        Give an offer of ours: all that we can, both ways.

        In a dialog that has agreed before, the streams, the profile, the numbers and the keys
        stay what they are (RFC 3264 section 8). Raises ``Busy`` where no codec is left to offer.
        """
        if not self.local.codecs:
            raise Busy(
                f"there is no room now for another call; this call takes {self.local.abilities}"
            )
        self._offered = AudioDescription(
            port=self.local.port,
            protocol=self._profile(),
            formats=formats_to_offer(self.local.codecs, self._agreed),
            direction=Direction.SENDRECV,
            crypto=self._crypto_to_offer(),
        )
        return self._describe(self._place.filled(self._offered.lines))

    def receive_offer(self, sdp: bytes) -> tuple[bytes, MediaSession]:
        """
        Give the answer to the peer's offer, and what is agreed thereby.

        Raises ``MalformedSdp`` (400), ``NotAcceptable`` (488) or ``Busy`` (503); all stays as it
        was then. The same offer again gets the same answer.
        """
        offer = SessionDescription.parse(sdp)
        if self._is_closing(offer):
            return self._close(offer)
        place, stream = self._first_acceptable(offer)
        self._offered = None
        ours = self._crypto_to_answer(stream.crypto)
        session = self._agree(place, stream, ours)
        answer = AudioDescription(
            port=self.local.port,
            protocol=stream.protocol,
            formats=accepted_formats(stream),
            direction=stream.direction,
            crypto=(ours,) if ours else (),
        )
        return self._describe(place.filled(answer.lines), _time_of(offer)), session

    def receive_answer(self, sdp: bytes) -> MediaSession:
        """
        Give what the peer's answer to our offer agreed; it may come again (183, then 200).

        Raises ``MalformedSdp``, or ``NotAcceptable`` where the answer goes beyond the offer; all
        stays as it was then.
        """
        if self._offered is None:
            raise Misuse("an answer was handed in, and no offer of ours stands")
        answer = SessionDescription.parse(sdp)
        media = self._answered_stream(answer)
        if media.port == 0:
            return self._refused()
        try:
            stream = AudioStream.read(answer, media, self.local)
        except NotAcceptable as error:
            raise NotAcceptable(
                f"answered {in_words(media)}: {error}; we had offered {self.local.abilities}"
            ) from error
        return self._agree(
            self._place, stream, _offered_crypto(stream.crypto, self._offered.crypto)
        )

    # --- what we offer --------------------------------------------------------------------------

    def _profile(self) -> str:
        if self._agreed is not None:
            return self._agreed.protocol
        return "RTP/SAVP" if self.local.security is MediaSecurity.REQUIRED else "RTP/AVP"

    def _crypto_to_offer(self) -> tuple[CryptoAttribute, ...]:
        if self.local.security is MediaSecurity.NONE:
            return ()
        if not self._crypto:
            self._crypto = tuple(
                CryptoAttribute(tag=tag, key=SrtpKey(suite=suite, master=self._new_master()))
                for tag, suite in enumerate(SrtpSuite, 1)
            )
        return self._crypto

    def _new_master(self) -> bytes:
        return self._randomness.octets(MASTER_OCTETS)

    # --- what the peer offers or answers --------------------------------------------------------

    def _first_acceptable(self, offer: SessionDescription) -> tuple[_Place, AudioStream]:
        troubles: list[str] = []
        kind = NotAcceptable
        for index, media in enumerate(offer.media):
            try:
                return _place_in(offer, index), self._read_offered(offer, media)
            except NotAcceptable as error:
                troubles.append(f"{media.media} {in_words(media)}: {error}")
                kind = Busy if isinstance(error, Busy) else kind
        offered = "; ".join(troubles[:4]) or "no media"
        raise kind(f"offered {offered}; this call takes {self.local.abilities}")

    def _read_offered(self, offer: SessionDescription, media: MediaDescription) -> AudioStream:
        if media.media != "audio":
            raise NotAcceptable("it is no audio")
        if media.port == 0:
            raise NotAcceptable("its port is 0")
        if self._agreed is None:
            return AudioStream.read(offer, media, self.local)
        return self._read_offered_again(offer, media, self._agreed)

    def _read_offered_again(
        self, offer: SessionDescription, media: MediaDescription, agreed: AudioStream
    ) -> AudioStream:
        """
        Read what is offered in a call that goes on.

        It stays with G.711 where it has that. A peer that now has nothing else than what costs
        more gets it, room or not: the call was let in, and its caller is on the line.
        """
        local = replace(self.local, codecs=(*self.local.codecs, *self.local.busy), busy=())
        plain = tuple(codec for codec in local.codecs if codec in PLAIN_CODECS)
        if plain and not agreed.codec.is_transcoded:
            with suppress(NotAcceptable):
                return AudioStream.read(offer, media, replace(local, codecs=plain))
        return AudioStream.read(offer, media, local)

    def _answered_stream(self, answer: SessionDescription) -> MediaDescription:
        """Find the answer to our audio: at the same place (RFC 3264 section 6)."""
        streams = len(answer.media)
        if streams <= self._place.index:
            raise MalformedSdp(
                f"SDP answer: found {streams} streams, expected {len(self._place.others)}"
            )
        media = answer.media[self._place.index]
        if media.media != "audio":
            raise media.lines[0].malformed(media.media, "the audio that we had offered")
        return media

    # --- what is agreed -------------------------------------------------------------------------

    def _agree(
        self, place: _Place, stream: AudioStream, ours: CryptoAttribute | None
    ) -> MediaSession:
        self._crypto = (ours,) if ours else ()
        self._place, self._agreed = place, stream
        self.session = MediaSession(
            remote_address=stream.address,
            remote_port=stream.port,
            remote_rtcp_port=stream.rtcp_port,
            codec=stream.codec,
            payload_type=stream.payload_type,
            telephone_event=stream.telephone_event,
            telephone_event_rate=stream.telephone_event_rate,
            comfort_noise=stream.comfort_noise,
            silence_suppression=stream.silence_suppression,
            ptime=stream.ptime,
            direction=stream.direction,
            sends_with=ours.key if ours else None,
            receives_with=stream.crypto.key if stream.crypto else None,
        )
        return self.session

    def _crypto_to_answer(self, theirs: CryptoAttribute | None) -> CryptoAttribute | None:
        """
        Give our line to the peer's, with the lifetime and the MKI that it has.

        Our key stays for as long as suite and MKI do: what we send need not stumble over a re-offer.
        With another MKI it begins anew, and so may not be the same (RFC 3711 section 9.1).
        """
        if theirs is None:
            return None
        masters = {(ours.key.suite, ours.key.mki): ours.key.master for ours in self._crypto}
        master = masters.get((theirs.key.suite, theirs.key.mki)) or self._new_master()
        return replace(theirs, key=replace(theirs.key, master=master))

    def _is_closing(self, offer: SessionDescription) -> bool:
        """Recognise a further offer that ends our stream (RFC 3264 section 8.2)."""
        audio = [media for media in offer.media if media.media == "audio"]
        return self.session is not None and bool(audio) and not any(one.port for one in audio)

    def _close(self, offer: SessionDescription) -> tuple[bytes, MediaSession]:
        streams = tuple(map(rejected, offer.media))
        index = [media.media for media in offer.media].index("audio")
        self._place, self._offered = _Place(index, streams), None
        return self._describe(streams, _time_of(offer)), self._refused()

    def _refused(self) -> MediaSession:
        nowhere = self.session or MediaSession(
            remote_address="0.0.0.0",
            remote_port=0,
            remote_rtcp_port=0,
            codec=self.local.codecs[0],
            payload_type=usual_number(self.local.codecs[0]),
        )
        self.session = replace(
            nowhere, remote_port=0, remote_rtcp_port=0, direction=Direction.INACTIVE
        )
        return self.session

    def _describe(self, streams: tuple[tuple[Line, ...], ...], time: str = "0 0") -> bytes:
        """Write a description; its version goes up only with a change (RFC 3264 section 8)."""
        said = (self.local, streams, time)
        if self._sent is not None and self._sent.said == said:
            return self._sent.data
        version = self._sent.version + 1 if self._sent else 1
        data = description(self.local, version, streams, time)
        self._sent = _Sent(version, said, data)
        return data


def _place_in(offer: SessionDescription, index: int) -> _Place:
    return _Place(index, tuple(map(rejected, offer.media)))


def _time_of(offer: SessionDescription) -> str:
    """Give the ``t=`` of the offer, which the answer repeats (RFC 3264 section 6)."""
    line = offer.line("t")
    return line.value.strip() if line and line.value.isprintable() else "0 0"


def _offered_crypto(
    answered: CryptoAttribute | None, offered: tuple[CryptoAttribute, ...]
) -> CryptoAttribute | None:
    """Find the line of ours that the answer takes up (RFC 4568 section 5.1.3)."""
    if answered is None:
        return None
    for ours in offered:
        if (ours.tag, ours.key.suite) == (answered.tag, answered.key.suite):
            return ours
    raise NotAcceptable(
        f"answered crypto {answered.tag} {answered.key.suite}; "
        f"we had offered {', '.join(f'{ours.tag} {ours.key.suite}' for ours in offered)}"
    )
