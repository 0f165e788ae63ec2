"""Session descriptions for tests: what a peer says, and what we say to it."""

from pathlib import Path

from tests.support.repeatable_randomness import RepeatableRandomness

from umbel.media.offer_answer import LocalMedia, MediaSecurity, OfferAnswer
from umbel.media.session import Codec

OFFERS = Path(__file__).parent.parent / "media" / "offers"

THEIR_MASTER = bytes(range(30))
THEIR_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
"""The same in base64."""
CRYPTO_80 = f"crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{THEIR_KEY}"
CRYPTO_32 = f"crypto:1 AES_CM_128_HMAC_SHA1_32 inline:{THEIR_KEY}"
CRYPTO_256 = f"crypto:1 AES_256_CM_HMAC_SHA1_80 inline:{THEIR_KEY}"


def described(
    *attributes: str,
    media: str = "audio 4000 RTP/AVP 0 8 101",
    address: str = "IP4 192.0.2.1",
    telephone_event: str = "rtpmap:101 telephone-event/8000",
) -> bytes:
    """Give what a peer at *address* says of one stream."""
    lines = [
        "v=0",
        f"o=- 1 1 IN {address}",
        "s=-",
        f"c=IN {address}",
        "t=0 0",
        f"m={media}",
        *(f"a={attribute}" for attribute in (telephone_event, *attributes)),
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def ours(
    security: MediaSecurity = MediaSecurity.NONE,
    *,
    address: str = "198.51.100.7",
    codecs: tuple[Codec, ...] = (Codec.PCMU, Codec.PCMA),
) -> OfferAnswer:
    """Give our side of a fresh dialog."""
    local = LocalMedia(address=address, port=30000, security=security, session_id=42, codecs=codecs)
    return OfferAnswer(local, RepeatableRandomness())


def lines_of(sdp: bytes, start: str) -> list[str]:
    """Give the lines that begin with *start*, such as ``m=``."""
    return [line for line in sdp.decode().split("\r\n") if line.startswith(start)]
