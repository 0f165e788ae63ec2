"""What an answer to OPTIONS says of the peer, noted in the attempt that it ends."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from umbel.core.errors import PeerError
from umbel.diagnosis.attempt import Attempt, Step
from umbel.identity.handshake import HandshakeReport
from umbel.sip.hop import Source
from umbel.sip.message import Response


def answered(attempt: Attempt, response: Response, source: Source | None) -> Attempt:
    """Complete an attempt with the final answer that it had."""
    headers = response.headers
    handshake = source.handshake if source is not None else None
    return replace(
        attempt,
        step=Step.ANSWERED,
        handshake=handshake if isinstance(handshake, HandshakeReport) else None,
        status=response.status,
        reason=response.reason,
        retry_after=_seconds(headers.get("Retry-After") or ""),
        warning=_first(response, "Warning", "Reason", "ms-diagnostics"),
        server=_first(response, "Server", "User-Agent"),
        answered_after=attempt.took,
        answered_from=(source.address, source.port) if source is not None else None,
        peer_clock=_clock(headers.get("Date") or ""),
        allows=tuple(_methods(headers.get_all("Allow"))),
        redirected_to=_contacts(response) if 300 <= response.status < 400 else (),
    )


def _first(response: Response, *names: str) -> str:
    return next(filter(None, (response.headers.get(name) for name in names)), None) or ""


def _seconds(text: str) -> int | None:
    """Read the seconds of a Retry-After, which may go on with a comment and parameters."""
    digits = text[: len(text) - len(text.lstrip("0123456789"))]
    return int(digits[:9]) if digits else None


def _clock(date: str) -> datetime | None:
    """Read a Date, which is in GMT whatever it says (RFC 3261 section 20.17)."""
    try:
        return parsedate_to_datetime(date).replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # No date, or a year that no calendar has.
        return None


def _methods(lines: Iterable[str]) -> Iterable[str]:
    return (one.strip() for line in lines for one in line.split(",") if one.strip())


def _contacts(response: Response) -> tuple[str, ...]:
    try:
        return tuple(str(contact.uri) for contact in response.contacts)
    except PeerError:
        return ()
