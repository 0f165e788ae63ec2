"""What is derived from an SRTP master key, and the two primitives that use it (RFC 3711).

Section 4.3 (derivation, with a key derivation rate of 0), 4.1.1 (AES in counter mode), 4.2.1
(HMAC-SHA1). AES and SHA-1 themselves are those of libraries.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from umbel.core.errors import PeerError

from .session import SrtpKey, SrtpSuite

BLOCK: Final = 16
"""Octets that AES makes at once."""
RTP_TAG_OCTETS: Final = {
    SrtpSuite.AES_CM_128_HMAC_SHA1_80: 10,
    SrtpSuite.AES_CM_128_HMAC_SHA1_32: 4,
}
RTCP_TAG_OCTETS: Final = 10
"""Of both suites (RFC 4568 section 6.2.2)."""

_KEY_OCTETS: Final = 16
_SALT_OCTETS: Final = 14
_AUTHENTICATION_OCTETS: Final = 20
_LABEL_AT: Final = 48
"""Bits behind the label: the index that keys would be derived anew for, which is always 0."""
_SHA1_BLOCK: Final = 64
_INNER: Final = bytes(octet ^ 0x36 for octet in range(256))
_OUTER: Final = bytes(octet ^ 0x5C for octet in range(256))

_RTP_LABELS: Final = (0, 1, 2)
_RTCP_LABELS: Final = (3, 4, 5)


class NotAuthentic(PeerError):
    """A packet was not made with the key, or it came before."""


class Encrypts(Protocol):
    """AES with one key, block by block."""

    def update(self, data: bytes | memoryview, /) -> bytes:
        """Give the blocks of *data* encrypted."""
        ...


class Digest(Protocol):
    """A SHA-1 that is being computed."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Add octets."""
        ...

    def digest(self) -> bytes:
        """Give the 20 octets of what was added."""
        ...


Begin = Callable[[], Digest]
"""Gives a copy of a SHA-1 that has already taken a key."""


@dataclass(frozen=True, slots=True, eq=False)
class SessionKeys:
    """What encrypts and authenticates the packets of one direction, RTP or RTCP."""

    cipher: Encrypts
    salt: int
    """112 bits, shifted to the left by the 16 that count blocks."""
    authentication: bytes = field(repr=False)
    """The key of the HMAC."""
    begin_inner: Begin
    begin_outer: Begin

    def keystream(self, ssrc: int, index: int, octets: int) -> bytes:
        """Give what one packet's payload is combined with."""
        first = self.salt ^ ssrc << 64 ^ index << 16
        blocks = range(first, first + -(-octets // BLOCK))
        return self.cipher.update(b"".join(one.to_bytes(BLOCK) for one in blocks))[:octets]

    def crypt(self, text: bytes, ssrc: int, index: int) -> bytes:
        """Encrypt or decrypt *text*, which is the same."""
        octets = len(text)
        keystream = self.keystream(ssrc, index, octets)
        return (int.from_bytes(text) ^ int.from_bytes(keystream)).to_bytes(octets)

    def tag(self, authenticated: bytes) -> bytes:
        """Give the HMAC-SHA1, 20 octets."""
        inner, outer = self.begin_inner(), self.begin_outer()
        inner.update(authenticated)
        outer.update(inner.digest())
        return outer.digest()


def rtp_keys(key: SrtpKey) -> SessionKeys:
    """Derive what RTP packets need."""
    return _derive(key.master, _RTP_LABELS)


def rtcp_keys(key: SrtpKey) -> SessionKeys:
    """Derive what RTCP packets need."""
    return _derive(key.master, _RTCP_LABELS)


def _derive(master: bytes, labels: tuple[int, int, int]) -> SessionKeys:
    cipher, salt = _aes(master[:_KEY_OCTETS]), int.from_bytes(master[_KEY_OCTETS:])

    def derived(label: int, octets: int) -> bytes:
        first = (salt ^ label << _LABEL_AT) << 16
        blocks = range(first, first + -(-octets // BLOCK))
        return cipher.update(b"".join(one.to_bytes(BLOCK) for one in blocks))[:octets]

    encryption, authentication, salting = labels
    short = derived(authentication, _AUTHENTICATION_OCTETS)
    key = short.ljust(_SHA1_BLOCK, b"\0")
    return SessionKeys(
        cipher=_aes(derived(encryption, _KEY_OCTETS)),
        salt=int.from_bytes(derived(salting, _SALT_OCTETS)) << 16,
        authentication=short,
        begin_inner=hashlib.sha1(key.translate(_INNER), usedforsecurity=False).copy,
        begin_outer=hashlib.sha1(key.translate(_OUTER), usedforsecurity=False).copy,
    )


def _aes(key: bytes) -> Encrypts:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor()
