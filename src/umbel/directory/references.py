"""Which objects name another one, and would miss it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .objects import (
    AutoAttendant,
    Configured,
    DialPlan,
    Gateway,
    HuntGroup,
    KeyAction,
    Mailbox,
    MailboxPolicy,
    Node,
)
from .ports import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One object's naming of another."""

    user: Configured
    """The object that names the other."""
    field: str
    """The field of *user* that does."""


def references_to(thing: Configured, configuration: Configuration) -> Iterator[Reference]:
    """Give every place where another object names *thing*."""
    match thing:
        case DialPlan():
            yield from _to_dial_plan(thing, configuration)
        case Gateway():
            yield from _naming(thing.name, "gateway", configuration.hunt_groups)
        case MailboxPolicy():
            yield from _naming(thing.name, "policy", configuration.mailboxes)
        case AutoAttendant():
            yield from _to_attendant(thing, configuration)
        case Mailbox():
            yield from _to_mailbox(thing, configuration)
        case HuntGroup() | Node():
            pass  # Nobody names them.


def _to_dial_plan(plan: DialPlan, configuration: Configuration) -> Iterator[Reference]:
    yield from _naming(plan.name, "dial_plan", configuration.hunt_groups)
    yield from _naming(plan.name, "dial_plan", configuration.attendants)
    yield from _naming(plan.name, "dial_plan", configuration.mailboxes)


def _to_attendant(attendant: AutoAttendant, configuration: Configuration) -> Iterator[Reference]:
    yield from _naming(attendant.name, "attendant", configuration.dial_plans)
    others = (it for it in configuration.attendants.values() if it.name != attendant.name)
    yield from _leading(KeyAction.ATTENDANT, {attendant.name}, others)


def _to_mailbox(mailbox: Mailbox, configuration: Configuration) -> Iterator[Reference]:
    extensions = {mailbox.extension, *mailbox.other_extensions}
    same_plan = (
        it for it in configuration.attendants.values() if it.dial_plan == mailbox.dial_plan
    )
    yield from _leading(KeyAction.MAILBOX, extensions, same_plan)


def _naming(name: str, field: str, users: Mapping[str, Configured]) -> Iterator[Reference]:
    return (Reference(user=it, field=field) for it in users.values() if getattr(it, field) == name)


def _leading(
    action: KeyAction, targets: set[str], attendants: Iterable[AutoAttendant]
) -> Iterator[Reference]:
    return (Reference(user=it, field="keys") for it in attendants if _leads(it, action, targets))


def _leads(attendant: AutoAttendant, action: KeyAction, targets: set[str]) -> bool:
    return any(key.action is action and key.target in targets for key in attendant.keys)
