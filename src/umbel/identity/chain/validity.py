"""When a certificate is valid, by whose clock (RFC 5280 section 4.1.2.5)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from umbel.core.findings import Finding

from .certificate import Certificate
from .whose import Reading

_RULE = "RFC 5280 section 4.1.2.5"
_SOON: Final = timedelta(days=30)
_FRESH: Final = timedelta(days=2)
"""A certificate that begins within this time of now points to clocks that differ."""


def validity_findings(certificate: Certificate, reading: Reading) -> Iterator[Finding]:
    """Say whether a certificate is out of date, or soon will be."""
    begins = certificate.parsed.not_valid_before_utc
    ends = certificate.parsed.not_valid_after_utc
    if reading.at > ends:
        yield _expired(certificate, ends, reading)
    elif reading.at < begins:
        yield _not_yet_valid(certificate, begins, reading)
    elif ends - reading.at < min(_SOON, (ends - begins) / 3):
        yield _expires_soon(certificate, ends, reading)


def _expired(certificate: Certificate, ends: datetime, reading: Reading) -> Finding:
    return reading.error(
        "expired",
        f"{reading.whose.certificate(certificate)} was valid until {ends:%F %R} UTC, "
        f"{_length(reading.at - ends)} ago by this machine's clock ({reading.at:%F %R} UTC)",
        do=reading.whose.new_certificate.format("that is valid now"),
        rule=_RULE,
    )


def _not_yet_valid(certificate: Certificate, begins: datetime, reading: Reading) -> Finding:
    ahead = begins - reading.at
    clocks = "set the clocks of both machines by NTP (timedatectl shows this one's)"
    wait = reading.whose.new_certificate.format("that is valid now")
    return reading.error(
        "not-yet-valid",
        f"{reading.whose.certificate(certificate)} is valid from {begins:%F %R} UTC, in "
        f"{_length(ahead)} by this machine's clock ({reading.at:%F %R} UTC)",
        means=f"either a clock is wrong or it was used too early; {reading.whose.consequence}",
        do=clocks if ahead < _FRESH else f"{wait}; or, if a clock is wrong, {clocks}",
        rule=_RULE,
    )


def _expires_soon(certificate: Certificate, ends: datetime, reading: Reading) -> Finding:
    return reading.warning(
        "expires-soon",
        f"{reading.whose.certificate(certificate)} is valid for {_length(ends - reading.at)} more, "
        f"until {ends:%F %R} UTC",
        means=f"from then on {reading.whose.consequence}",
        do=reading.whose.new_certificate.format("in time"),
        rule=_RULE,
    )


def _length(time: timedelta) -> str:
    """Tell a length of time in the unit that fits it."""
    for unit, seconds in (("day", 86400), ("hour", 3600), ("minute", 60)):
        count = int(time.total_seconds() // seconds)
        if count:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"
