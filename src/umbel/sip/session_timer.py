"""Session timers: finding out that a call is dead although nobody said so (RFC 4028)."""

from dataclasses import dataclass
from enum import StrEnum

from umbel.core.instants import Duration

from .errors import SessionIntervalTooSmall
from .message import Request, Response

LEAST_INTERVAL = 90
"""No session interval may be shorter (section 5)."""


class Refresher(StrEnum):
    """Who refreshes the session: a role in the transaction that said so."""

    UAC = "uac"
    UAS = "uas"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTimer:
    """What was agreed."""

    interval: int
    """Seconds without a refresh after which the session is dead."""
    is_refreshed_by_us: bool

    @property
    def refresh_after(self) -> Duration:
        """When the refresher refreshes (section 7.2)."""
        return self.interval / 2

    @property
    def give_up_after(self) -> Duration:
        """When the other side sends BYE (section 10)."""
        return self.interval - min(32.0, self.interval / 3)

    def as_server(self) -> str:
        """Write Session-Expires for a response of ours."""
        refresher = Refresher.UAS if self.is_refreshed_by_us else Refresher.UAC
        return f"{self.interval};refresher={refresher}"

    def as_client(self, minimum: int) -> str:
        """Write Session-Expires for a refresh of ours, keeping the roles (section 7.4)."""
        refresher = Refresher.UAC if self.is_refreshed_by_us else Refresher.UAS
        return f"{max(self.interval, minimum)};refresher={refresher}"


def check_interval(request: Request, minimum: int) -> None:
    """Refuse a session interval that is too small with 422 (section 9)."""
    wanted = request.session_expires
    if wanted is not None and wanted.interval < minimum and _knows_timers(request):
        raise SessionIntervalTooSmall(wanted.interval, minimum=minimum)


def answer_for(request: Request, preferred: int) -> SessionTimer | None:
    """
    Choose the timer of a session that we accept (section 9, table 2).

    *preferred* is the interval that we ask for where the peer leaves it to us; 0: none. The
    peer refreshes if it can, because it is the one that we want to know alive.
    """
    wanted = request.session_expires
    if wanted is None and not (preferred and _knows_timers(request)):
        return None
    interval = preferred if wanted is None else wanted.interval
    is_ours = not _knows_timers(request) or (
        wanted is not None and wanted.refresher == Refresher.UAS
    )
    return SessionTimer(
        interval=max(interval, minimum_of(request) or LEAST_INTERVAL), is_refreshed_by_us=is_ours
    )


def agreed_by_response(response: Response) -> SessionTimer | None:
    """Read the timer that a 2xx to our request says (section 7.2); ``None``: there is none."""
    agreed = response.session_expires
    if agreed is None:
        return None
    return SessionTimer(
        interval=max(agreed.interval, LEAST_INTERVAL),
        is_refreshed_by_us=agreed.refresher != Refresher.UAS,
    )


def minimum_of(message: Request | Response) -> int | None:
    """Read Min-SE; ``None``: there is none."""
    return message.min_se


def _knows_timers(request: Request) -> bool:
    return "timer" in request.supported or "timer" in request.require
