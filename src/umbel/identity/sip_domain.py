"""The SIP domain that a URI in a certificate names (RFC 5922 section 7.1)."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SipDomain:
    """The host of a URI, or why the URI names no domain."""

    host: str = ""
    why_not: str = ""


def sip_domain(uri: str, schemes: Collection[str]) -> SipDomain:
    """Take the domain from a URI: it must have one of the schemes and no user."""
    scheme, colon, rest = uri.partition(":")
    if not colon or scheme.lower() not in schemes:
        return SipDomain(why_not=f"its scheme is not {' or '.join(schemes)}")
    if "@" in rest:
        return SipDomain(why_not="it has a user, so it names a person and no domain")
    host = _host(rest)
    return SipDomain(host=host) if host else SipDomain(why_not="it names no host")


def _host(rest: str) -> str:
    """Give the host before port, parameters and headers."""
    place = rest.partition("?")[0].partition(";")[0]
    if place.startswith("["):
        return place.partition("]")[0] + "]"
    return place.partition(":")[0]
