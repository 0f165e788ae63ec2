"""One audio stream as the peer describes it, read for what we can do with it (RFC 3264)."""

from dataclasses import dataclass
from typing import ClassVar, Final

from umbel.core.addresses import read_ip_address
from umbel.core.errors import PeerError

from .crypto_attribute import CryptoAttribute, UnusableCrypto
from .local_media import LocalMedia, MediaSecurity
from .opus import can_be_sent
from .sdp import MediaDescription, SessionDescription
from .sdp_fields import Connection
from .session import Codec, Direction

PTIME: Final = 20
"""Milliseconds of one tick of the media engine, and what we ask for."""
LONGEST_PTIME: Final = 60

_PLAIN_PROTOCOLS: Final = ("RTP/AVP", "RTP/AVPF")
_SECURE_PROTOCOLS: Final = ("RTP/SAVP", "RTP/SAVPF")

_REVERSED: Final = {
    Direction.SENDRECV: Direction.SENDRECV,
    Direction.SENDONLY: Direction.RECVONLY,
    Direction.RECVONLY: Direction.SENDONLY,
    Direction.INACTIVE: Direction.INACTIVE,
}
_NOT_SENDING: Final = {
    Direction.SENDRECV: Direction.RECVONLY,
    Direction.SENDONLY: Direction.INACTIVE,
    Direction.RECVONLY: Direction.RECVONLY,
    Direction.INACTIVE: Direction.INACTIVE,
}


class NotAcceptable(PeerError):
    """What the peer offered and what we can do have nothing in common; the text says both."""

    status: ClassVar[int] = 488


class Busy(NotAcceptable):
    """The peer has only codecs that we take at other times: there is no room for another."""

    status: ClassVar[int] = 503


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One payload type and what it stands for."""

    payload_type: int
    encoding: str
    """As in ``rtpmap``, without the clock rate."""
    parameters: str = ""
    """Of ``fmtp``."""
    clock_rate: int = 8000
    channels: int = 1

    @property
    def rtpmap(self) -> str:
        """Give what stands for the payload type in ``rtpmap``."""
        channels = f"/{self.channels}" if self.channels > 1 else ""
        return f"{self.encoding}/{self.clock_rate}{channels}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioStream:
    """What we take of an audio stream that the peer described."""

    protocol: str
    address: str
    port: int
    rtcp_port: int
    """0: nothing is to be sent."""
    codec: Codec
    payload_type: int
    telephone_event: int | None
    telephone_event_rate: int
    comfort_noise: int | None
    silence_suppression: bool
    ptime: int
    direction: Direction
    """From our side: the reverse of what the peer wrote."""
    crypto: CryptoAttribute | None
    """The peer's key that we use; ``None``: plain RTP."""

    @classmethod
    def read(
        cls, description: SessionDescription, media: MediaDescription, local: LocalMedia
    ) -> "AudioStream":
        """Read *media*; raise ``NotAcceptable`` where it cannot be taken, or the policy forbids."""
        connection = _reachable(description.connection_of(media), local)
        codec, payload_type = _codec(media, local)
        telephone_event, telephone_event_rate = _telephone_event(media, codec)
        direction = _REVERSED[description.direction_of(media)]
        return cls(
            protocol=media.protocol,
            address=connection.address,
            port=media.port,
            rtcp_port=0 if connection.is_null else media.rtcp_port,
            codec=codec,
            payload_type=payload_type,
            telephone_event=telephone_event,
            telephone_event_rate=telephone_event_rate,
            comfort_noise=_payload_type_called(media, "CN", codec.clock_rate),
            silence_suppression=_may_suppress_silence(media),
            ptime=PTIME if codec is Codec.OPUS else _ptime(media),
            direction=_NOT_SENDING[direction] if connection.is_null else direction,
            crypto=_crypto(media, description.encryption_of(media), local.security),
        )


def in_words(media: MediaDescription) -> str:
    """Say what a stream offers, for the text of a refusal."""
    names = []
    for payload_format in media.formats:
        known = media.rtpmap(payload_format)
        names.append(known.encoding if known else payload_format)
    cryptos = (crypto.value.split() for crypto in media.attributes_called("crypto"))
    suites = dict.fromkeys(ascii(parts[1][:40])[1:-1] for parts in cryptos if len(parts) > 2)
    keys = f" with {' or '.join(list(suites)[:4])}" if suites else ""
    return f"{', '.join(names[:12])} over {media.protocol}{keys}"


def _may_suppress_silence(media: MediaDescription) -> bool:
    """Say whether silence need not be sent: unless ``a=silenceSupp:off`` (RFC 3108) asks for it."""
    return not any(it.value.split()[:1] == ["off"] for it in media.attributes_called("silencesupp"))


def _reachable(connection: Connection | None, local: LocalMedia) -> Connection:
    """Refuse what packets cannot be sent to: a name would need DNS in the midst of an answer."""
    if connection is None:
        raise NotAcceptable("no c= line says where it is")
    if not connection.is_numeric:
        raise NotAcceptable(f"its c= line has {connection.address!a}, no numeric address")
    if connection.is_multicast:
        raise NotAcceptable(f"its address {connection.address} is multicast")
    if not connection.is_null and connection.address_type != local.address_type:
        raise NotAcceptable(
            f"its address is {connection.address_type}, and our media are on {local.address_type}"
        )
    return Connection(
        address_type=connection.address_type, address=str(read_ip_address(connection.address))
    )


def _codec(media: MediaDescription, local: LocalMedia) -> tuple[Codec, int]:
    """Choose the peer's favourite of those that we have (RFC 3264 section 6.1)."""
    chosen = _favourite(media, local.codecs)
    if chosen is not None:
        return chosen
    if _favourite(media, local.busy) is not None:
        raise Busy(f"there is no room now for another call with {' or '.join(local.busy)}")
    raise NotAcceptable("it has no codec of ours")


def _favourite(media: MediaDescription, codecs: tuple[Codec, ...]) -> tuple[Codec, int] | None:
    for payload_format in media.formats:
        payload_type = _payload_type(payload_format)
        for codec in codecs:
            if payload_type is not None and _is(media, payload_format, codec):
                return codec, payload_type
    return None


def _is(media: MediaDescription, payload_format: str, codec: Codec) -> bool:
    known = media.rtpmap(payload_format)
    if known is None or not known.is_called(codec, codec.clock_rate, codec.channels):
        return False
    return codec is not Codec.OPUS or can_be_sent(media.fmtp(payload_format) or "")


def _telephone_event(media: MediaDescription, codec: Codec) -> tuple[int | None, int]:
    """
    Choose the telephone events whose clock is the codec's (RFC 4733 section 2.1).

    Beside Opus many have only those of G.711's clock, and mean it: better such keys than none.
    """
    for rate in (codec.clock_rate, 8000):
        payload_type = _payload_type_called(media, "telephone-event", rate)
        if payload_type is not None:
            return payload_type, rate
    return None, codec.clock_rate


def _payload_type_called(media: MediaDescription, encoding: str, clock_rate: int) -> int | None:
    for payload_format in media.formats:
        known = media.rtpmap(payload_format)
        if known and known.is_called(encoding, clock_rate):
            return _payload_type(payload_format)
    return None


def _payload_type(payload_format: str) -> int | None:
    is_number = payload_format.isascii() and payload_format.isdigit() and len(payload_format) < 4
    return int(payload_format) if is_number and int(payload_format) < 128 else None


def _ptime(media: MediaDescription) -> int:
    """Give what the peer would like, in whole ticks: ``ptime`` is a wish, not a rule."""
    wanted = min(media.ptime or PTIME, media.maxptime or LONGEST_PTIME)
    return max(PTIME, min(wanted, LONGEST_PTIME) // PTIME * PTIME)


def _crypto(
    media: MediaDescription, encryption: str | None, security: MediaSecurity
) -> CryptoAttribute | None:
    """Apply the policy; its table stands at ``MediaSecurity``."""
    crypto, trouble = _first_usable(media)
    if media.protocol in _SECURE_PROTOCOLS:
        if security is MediaSecurity.NONE:
            raise NotAcceptable("it is encrypted")
        if crypto is None:
            raise NotAcceptable(f"no a=crypto line can be used ({trouble})")
        return crypto
    if media.protocol not in _PLAIN_PROTOCOLS:
        raise NotAcceptable(f"{media.protocol} is not supported")
    if crypto and security is not MediaSecurity.NONE and encryption != "rejected":
        return crypto
    if security is MediaSecurity.REQUIRED:
        raise NotAcceptable(f"it is not encrypted ({trouble or 'a=encryption:rejected'})")
    if encryption == "required":
        raise NotAcceptable("it says a=encryption:required")
    return None


def _first_usable(media: MediaDescription) -> tuple[CryptoAttribute | None, str]:
    """Choose the first key that we can use (RFC 4568 section 5.1.2); else say what ails all."""
    troubles = []
    for found in media.attributes_called("crypto"):
        try:
            return CryptoAttribute.parse(found.value), ""
        except UnusableCrypto as error:
            troubles.append(str(error))
    return None, "; ".join(troubles[:4]) or "there is no a=crypto line"
