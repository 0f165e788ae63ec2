"""The record of one call, kept up to date while it lives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from umbel.core.events import Field
from umbel.core.instants import Clock
from umbel.directory.records import CallRecord, CallState, CallStatistics, Milestone
from umbel.trace.visible import visible, visible_fields
from umbel.um.call import Outcome

from .record_keeper import RecordKeeper

MOST_MILESTONES = 200
"""Of a call that passes more, the first half and the latest half are kept."""

FLOWS = {"attendant": "attendant", "answering": "answering", "access": "subscriber"}
"""The flow that a milestone's area begins; the other areas belong to whatever flow it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One line of what goes on in a call, for whoever watches it."""

    call: str
    by_caller: bool
    """What the caller did (a key, a word), or what the caller hears."""
    text: str


class Journal:
    """Writes the call's record whenever something of it changes, and tells who watches."""

    def __init__(
        self,
        record: CallRecord,
        *,
        clock: Clock,
        keeper: RecordKeeper,
        watch: Callable[[Heard], None],
    ) -> None:
        self._record = record
        self._changes: dict[str, Any] = {}
        """What is not in the record yet."""
        self._milestones = record.milestones
        self._clock = clock
        self._keeper = keeper
        self._watch = watch

    @property
    def record(self) -> CallRecord:
        """Give the record as it is now; it is only made when somebody wants it."""
        if self._changes:
            changes, self._changes = self._changes, {}
            self._record = replace(self._record, **changes)
        return self._record

    def begun(self) -> None:
        """Note that there is a call."""
        self._keeper.keep(self.record)
        caller = " ".join(filter(None, (self.record.caller, self.record.caller_name)))
        self._tell(f"calls {self.record.dialled} as {caller or 'anonymous'}", by_caller=True)

    def answered(self) -> None:
        """Note that the call was answered."""
        self._changes.update(state=CallState.ANSWERED, answered=self._clock.wall(), status=200)
        self._keeper.keep(self.record)

    def ended(self, status: int, reason: str, statistics: CallStatistics | None = None) -> None:
        """Note that the call is over; the *reason* may be the peer's."""
        reason = visible(reason)
        self._changes.update(
            state=CallState.ENDED,
            ended=self._clock.wall(),
            status=status,
            reason=reason,
            statistics=statistics,
        )
        self._keeper.keep(self.record)
        self._tell(f"is gone ({reason or 'the call is over'})", by_caller=True)

    def milestone(self, name: str, fields: Mapping[str, Field]) -> None:
        """Note a named point, and what it tells of the flow and the mailbox that the call is in."""
        passed = Milestone(at=self._clock.wall(), name=name, fields=visible_fields(fields))
        self._milestones = (*_first_and_last(self._milestones), passed)
        self._change(milestones=self._milestones)
        if flow := FLOWS.get(name.partition(".")[0]):
            self._change(flow=flow)
        if mailbox := fields.get("mailbox"):
            self._change(mailbox=str(mailbox))

    def said(self, caption: str) -> None:
        """Note what the caller hears."""
        if caption:
            self._change(caption=caption)
            self._tell(caption, by_caller=False)

    def pressed(self, key: str | None) -> None:
        """Note a key."""
        if key is not None:
            self._tell(f"presses {key}", by_caller=True)

    def dialled_digits(self, digits: str) -> None:
        """Note how many digits were dialled; which ones may be a PIN."""
        if digits:
            self._tell(f"dials {len(digits)} digits", by_caller=True)

    def transferring(self, target: str) -> None:
        """Note that a transfer began."""
        self._tell(f"(transfer to {target})", by_caller=False)

    def transferred(self, outcome: Outcome) -> None:
        """Note what became of it."""
        self._tell(f"(transfer: {outcome.value})", by_caller=False)

    def _change(self, **changes: object) -> None:
        self._changes.update(changes)
        self._keeper.keep_soon(self._record.id, lambda: self.record)

    def _tell(self, text: str, *, by_caller: bool) -> None:
        self._watch(Heard(call=self._record.id, by_caller=by_caller, text=text))


def _first_and_last(milestones: tuple[Milestone, ...]) -> tuple[Milestone, ...]:
    """Make room for another milestone."""
    if len(milestones) < MOST_MILESTONES:
        return milestones
    half = MOST_MILESTONES // 2
    return (*milestones[:half], *milestones[1 - half :])
