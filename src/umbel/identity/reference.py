"""Reference identities: the names that somebody expects a certificate to carry (RFC 9525, 6.1)."""

import base64
import binascii
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .domain_name import as_ip_address, reference_host

_HEXADECIMAL: Final = re.compile(r"[0-9a-f]{64}")
_PIN_PREFIXES: Final = ("sha256:", "sha256/", "pin-sha256:")
_SERVICE: Final = re.compile(r"_[a-z0-9-]+\..+")


class ReferenceKind(StrEnum):
    """What is looked for."""

    HOST = "host name"
    ADDRESS = "IP address"
    SERVICE = "service name"
    PUBLIC_KEY = "public key"
    IMPOSSIBLE = "something that no certificate can be compared with"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One name that is looked for, and where we have it from."""

    name: str
    """As a person wrote it."""
    origin: str = ""
    """Such as ``the gateway's address`` or ``the name of node01``."""
    kind: ReferenceKind
    canonical: str
    """The form in which it is compared; empty where it is impossible."""

    def __str__(self) -> str:
        return self.name


def reference(text: str, origin: str = "") -> Reference:
    """
    Read what a person expects a certificate to carry.

    A host name, a SIP domain (``sip:example.org``), an IP address, a service name
    (``_sips.example.org``), or the SHA-256 of a public key in hexadecimal or base64.
    """
    kind, canonical = _read(text.strip())
    return Reference(name=text, origin=origin, kind=kind, canonical=canonical)


def _read(text: str) -> tuple[ReferenceKind, str]:
    if (pin := read_pin(text)) is not None:
        return ReferenceKind.PUBLIC_KEY, pin
    host = _without_scheme(text)
    if (address := as_ip_address(host)) is not None:
        return ReferenceKind.ADDRESS, str(address)
    canonical = reference_host(host)
    if canonical is None:
        return ReferenceKind.IMPOSSIBLE, ""
    is_service = _SERVICE.fullmatch(canonical) is not None
    return ReferenceKind.SERVICE if is_service else ReferenceKind.HOST, canonical


def read_pin(text: str) -> str | None:
    """Read the SHA-256 of a public key as hexadecimal digits; ``None``: it is none."""
    bare = text.lower().replace(":", "").removeprefix("sha256")
    if _HEXADECIMAL.fullmatch(bare):
        return bare
    for prefix in _PIN_PREFIXES:
        if text.lower().startswith(prefix):
            return _from_base64(text[len(prefix) :])
    return None


def _from_base64(text: str) -> str | None:
    try:
        octets = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return octets.hex() if len(octets) == 32 else None


def _without_scheme(text: str) -> str:
    scheme, colon, rest = text.partition(":")
    return rest if colon and scheme.lower() in ("sip", "sips") else text
