"""The one-time token that lets a node join: whom it is for, a secret, and whom to believe.

The secret never is in the store. The node proves by it that its request is meant; the fingerprint
tells the node which authority's answer is meant. So neither has to trust what carries both.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from umbel.core.errors import Mistake

_PREFIX: Final = "umbel1_"
_ID_OCTETS: Final = 8
SECRET_OCTETS: Final = 32
_FINGERPRINT_OCTETS: Final = 32
_CHECK_OCTETS: Final = 4
"""Enough to tell a token that was not copied whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinToken:
    """What an administrator carries from the authority's machine to the new node, once."""

    node: str
    """The FQDN that alone it is good for."""
    id: str
    """Names it in the store, where everybody may read it: 16 hexadecimal digits."""
    secret: bytes
    fingerprint: str
    """SHA-256 of the authority's own certificate, in hexadecimal."""

    def __str__(self) -> str:
        content = (
            bytes.fromhex(self.id)
            + self.secret
            + bytes.fromhex(self.fingerprint)
            + self.node.encode()
        )
        sealed = sha256(content).digest()[:_CHECK_OCTETS] + content
        return _PREFIX + urlsafe_b64encode(sealed).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a token as it was printed; a ``Mistake`` where it was not copied whole."""
        content = _content(text.strip())
        rest = content[_ID_OCTETS:]
        return cls(
            id=content[:_ID_OCTETS].hex(),
            secret=rest[:SECRET_OCTETS],
            fingerprint=rest[SECRET_OCTETS : SECRET_OCTETS + _FINGERPRINT_OCTETS].hex(),
            node=rest[SECRET_OCTETS + _FINGERPRINT_OCTETS :].decode(),
        )

    def proof(self, request: str) -> str:
        """Prove that the node which has this token made *request*, PEM (RFC 2104)."""
        return join_proof(self.secret, id=self.id, node=self.node, request=request)


def join_proof(secret: bytes, *, id: str, node: str, request: str) -> str:
    """Compute what proves a request to join, in hexadecimal."""
    message = statement("join", id=id, node=node, request=request)
    return hmac.new(secret, message, sha256).hexdigest()


def is_proof(given: str, wanted: str) -> bool:
    """Compare two proofs in a time that tells nothing."""
    return hmac.compare_digest(given.encode(), wanted.encode())


def statement(purpose: str, *, id: str, node: str, request: str) -> bytes:
    """Give the bytes that a proof is of; each part ends where the next cannot begin."""
    return "\0".join((f"umbel {purpose} 1", id, node, request)).encode()


def _content(text: str) -> bytes:
    body = text.removeprefix(_PREFIX)
    try:
        sealed = urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (NotBase64, ValueError):
        sealed = b""
    check, content = sealed[:_CHECK_OCTETS], sealed[_CHECK_OCTETS:]
    least = _ID_OCTETS + SECRET_OCTETS + _FINGERPRINT_OCTETS
    is_whole = len(content) > least and sha256(content).digest()[:_CHECK_OCTETS] == check
    if not text.startswith(_PREFIX) or not is_whole:
        raise Mistake(
            "something that is no whole token",
            expected=f"what umbel certificate token printed, from {_PREFIX} to its end",
            where="umbel certificate join",
            do="copy it once more, or make another: umbel certificate token NODE",
        )
    return content
