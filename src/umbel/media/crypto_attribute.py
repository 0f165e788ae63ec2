"""``a=crypto``: SRTP keys in a session description (RFC 4568 section 9)."""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import ClassVar, Final

from umbel.core.errors import PeerError

from .session import SrtpKey, SrtpSuite

MASTER_OCTETS: Final = 30
"""Key of 16 and salt of 14, in both suites that we know (section 6.2)."""

_SUITES: Final = {suite.value: suite for suite in SrtpSuite}
_LIFETIME: Final = re.compile(r"2\^[0-9]{1,2}|[0-9]{1,15}")
_MKI: Final = re.compile(r"([0-9]{1,38}):([0-9]{1,3})")
_LONGEST_MKI: Final = 128


class UnusableCrypto(PeerError):
    """A key that we cannot use; the text says why. The next line may hold one that we can."""

    status: ClassVar[int] = 488


@dataclass(frozen=True, slots=True, kw_only=True)
class CryptoAttribute:
    """One key for what its sender sends, under one suite."""

    tag: int
    """Chosen by the offerer; the answer repeats that of the line which it accepts."""
    key: SrtpKey
    lifetime: str = ""
    """As it was written, in packets: ``2^31``. Calls end long before it."""

    @classmethod
    def parse(cls, value: str) -> "CryptoAttribute":
        """Read what follows ``a=crypto:``; raise ``UnusableCrypto`` where we cannot go along."""
        tag, suite, parameters, *session_parameters = [*value.split(), "", "", ""]
        if not (tag.isascii() and tag.isdigit() and len(tag) < 10):
            raise UnusableCrypto(f"crypto tag {tag[:20]!r} is no number")
        if suite not in _SUITES:
            raise UnusableCrypto(f"suite {suite[:40]!r} is not known")
        _check_session_parameters(session_parameters)
        key, lifetime = _parse_key(_SUITES[suite], parameters)
        return cls(tag=int(tag), key=key, lifetime=lifetime)

    def __str__(self) -> str:
        parts = [b64encode(self.key.master).decode("ascii"), self.lifetime]
        if self.key.mki:
            parts.append(f"{int.from_bytes(self.key.mki)}:{len(self.key.mki)}")
        return f"{self.tag} {self.key.suite} inline:{'|'.join(filter(None, parts))}"


def _check_session_parameters(parameters: list[str]) -> None:
    """
    Refuse what changes the packets and is declarative or negotiated (section 6.3).

    ``KDR=0`` and the replay window hint change nothing that the receiver must know.
    """
    for parameter in filter(None, parameters):
        if parameter != "KDR=0" and not parameter.startswith("WSH="):
            raise UnusableCrypto(f"session parameter {parameter[:40]!r} is not supported")


def _parse_key(suite: SrtpSuite, parameters: str) -> tuple[SrtpKey, str]:
    method, colon, information = parameters.partition(":")
    if method != "inline" or not colon:
        raise UnusableCrypto("the key is not given inline")
    if ";" in information:
        raise UnusableCrypto("several master keys in one line are not supported")
    encoded, *qualifiers = information.split("|")
    lifetime, mki = _parse_qualifiers(qualifiers)
    return SrtpKey(suite=suite, master=_parse_master(encoded), mki=mki), lifetime


def _parse_master(encoded: str) -> bytes:
    try:
        master = b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError as error:
        raise UnusableCrypto("the key is not base64") from error
    if len(master) != MASTER_OCTETS:
        raise UnusableCrypto(f"the key has {len(master)} octets, not {MASTER_OCTETS}")
    return master


def _parse_qualifiers(qualifiers: list[str]) -> tuple[str, bytes]:
    lifetime, mki = "", b""
    for qualifier in qualifiers:
        if found := _MKI.fullmatch(qualifier):
            mki = _mki_octets(int(found[1]), int(found[2]))
        elif _LIFETIME.fullmatch(qualifier):
            lifetime = qualifier
        else:
            # It is not quoted: it may be a piece of a key.
            raise UnusableCrypto("what follows the key is neither a lifetime nor an MKI")
    return lifetime, mki


def _mki_octets(value: int, length: int) -> bytes:
    if not 1 <= length <= _LONGEST_MKI or value >= 1 << 8 * length:
        raise UnusableCrypto(f"the MKI {value} does not fit into {length} octets")
    return value.to_bytes(length)
