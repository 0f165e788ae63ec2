"""How we stand with one gateway over one transport: a machine fed with attempts and the time."""

from dataclasses import dataclass

from umbel.core.instants import Duration, Instant, later

from .attempt import Attempt
from .observation import PeeringState
from .verdict import verdict

TROUBLES = frozenset({PeeringState.DOWN, PeeringState.REFUSED_BY_US, PeeringState.REFUSED_BY_THEM})
"""States that an administrator has to be told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """How often a gateway is asked, and how often it is told about. Seconds."""

    every: Duration = 30.0
    """Between the beginnings of two tries."""
    spread: float = 0.1
    """The share of ``every`` by which a pause may be shorter or longer, so that nodes drift apart."""
    failures: int = 3
    """So many tries in a row have to fail until the gateway counts as down."""
    remind_every: Duration = 600.0
    """Between two events while a trouble lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The state is another one."""

    before: PeeringState
    after: PeeringState
    lasted: Duration
    """How long the gateway could not take calls; 0 unless that ends, or changes, now."""
    attempt: Attempt
    """That showed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """A trouble that was told of before goes on."""

    state: PeeringState
    lasting: Duration
    attempt: Attempt
    """The last one that showed it."""


News = Changed | Lasting


class Standing:
    """
    The state of one (gateway, transport), and when to ask again.

    ``take`` is told what each try showed; ``next_try`` says when the next is due.
    """

    def __init__(self, cadence: Cadence, now: Instant, fraction: float) -> None:
        """Begin; *fraction*, from 0 to 1, spreads the first tries of many gateways."""
        self.state = PeeringState.UNKNOWN
        self.next_try = later(now, cadence.every * cadence.spread * fraction)
        self._cadence = cadence
        self._failures = 0
        self._failing_since = now
        self._unusable_since: Instant | None = None
        self._told_at = now

    def put_off(self, now: Instant) -> None:
        """Plan the next try in case that the one which begins shows nothing."""
        self.next_try = later(now, self._cadence.every)

    def take(
        self,
        attempt: Attempt,
        *,
        began: Instant,
        now: Instant,
        fraction: float,
        is_draining: bool = False,
    ) -> News | None:
        """
        Learn what a try showed that began at *began*; give what there is to tell.

        *is_draining*: we know by ourselves that the gateway is to get no new calls.
        """
        self._plan_next(began, now, fraction)
        state = self._state_after(attempt, began, is_draining=is_draining)
        if state is self.state:
            return self._reminder(attempt, now)
        return self._change(state, attempt, began, now)

    def _plan_next(self, began: Instant, now: Instant, fraction: float) -> None:
        cadence = self._cadence
        pause = cadence.every * (1 + cadence.spread * (2 * fraction - 1))
        self.next_try = max(now, later(began, pause))

    def _state_after(self, attempt: Attempt, began: Instant, *, is_draining: bool) -> PeeringState:
        proved = verdict(attempt)
        if proved is None:
            if not self._failures:
                self._failing_since = began
            self._failures += 1
            has_failed = self._failures >= self._cadence.failures
            return PeeringState.DOWN if has_failed else self.state
        self._failures = 0
        if proved is PeeringState.UP and is_draining:
            return PeeringState.DRAINING
        return proved

    def _change(
        self, state: PeeringState, attempt: Attempt, began: Instant, now: Instant
    ) -> Changed:
        before, self.state = self.state, state
        self._told_at = now
        since = self._unusable_since
        lasted = 0.0 if since is None else now - since
        if state is PeeringState.UP:
            self._unusable_since = None
        elif since is None:
            self._unusable_since = self._failing_since if self._failures else began
        return Changed(before=before, after=state, lasted=lasted, attempt=attempt)

    def _reminder(self, attempt: Attempt, now: Instant) -> Lasting | None:
        if self.state not in TROUBLES or now - self._told_at < self._cadence.remind_every:
            return None
        self._told_at = now
        since = now if self._unusable_since is None else self._unusable_since
        return Lasting(state=self.state, lasting=now - since, attempt=attempt)
