"""What may be wrong with mailbox policies, auto attendants and mailboxes."""

from collections.abc import Iterator

from .objects import AutoAttendant, DialPlan, KeyAction, KeyMapping, Mailbox, MailboxPolicy, UriType
from .ports import Configuration
from .problems import (
    Problem,
    is_dialable,
    is_number,
    not_dialable,
    out_of_range,
    unknown_reference,
    wrong_name,
)
from .validate_plans import digits_of_extension

_MINUTE = 60


def policy_problems(configuration: Configuration) -> Iterator[Problem]:
    """Check every mailbox policy."""
    for name in sorted(configuration.policies):
        policy = configuration.policies[name]
        yield from wrong_name("policy", name)
        yield from _policy_ranges(policy)
        until_reset = policy.failures_before_reset
        if until_reset is not None and until_reset >= policy.failures_before_lockout:
            yield Problem(
                code="policy.reset-after-lockout",
                where=f"policy {name}, failures_before_reset",
                found=f"{until_reset}",
                expected=f"fewer than failures_before_lockout ({policy.failures_before_lockout})",
                do=f"umbel policy set {name} --failures-before-reset NUMBER",
            )


def attendant_problems(configuration: Configuration) -> Iterator[Problem]:
    """Check every auto attendant."""
    for name in sorted(configuration.attendants):
        attendant = configuration.attendants[name]
        where = f"attendant {name}"
        yield from wrong_name("attendant", name)
        yield from _plan_reference(where, attendant.dial_plan, configuration)
        for pilot in attendant.pilots:
            yield from not_dialable(f"{where}, pilots", "attendant.pilots", pilot)
        if attendant.operator:
            yield from not_dialable(f"{where}, operator", "attendant.operator", attendant.operator)
        yield from out_of_range(
            f"{where}, input_timeout",
            "attendant.input_timeout",
            attendant.input_timeout,
            low=1,
            high=_MINUTE,
            unit="seconds",
        )
        yield from _keys(attendant, configuration)


def mailbox_problems(configuration: Configuration) -> Iterator[Problem]:
    """Check every mailbox."""
    for extension in sorted(configuration.mailboxes):
        mailbox = configuration.mailboxes[extension]
        where = f"mailbox {extension}"
        yield from _plan_reference(where, mailbox.dial_plan, configuration)
        yield from unknown_reference(
            f"{where}, policy",
            "mailbox.policy",
            "mailbox policy",
            mailbox.policy,
            configuration.policies,
        )
        plan = configuration.dial_plans.get(mailbox.dial_plan)
        if plan is not None:
            yield from _extensions(mailbox, plan)
            yield from _sip_uri(mailbox, plan)
        yield from _person(mailbox)


def _policy_ranges(policy: MailboxPolicy) -> Iterator[Problem]:
    for field, low, high, unit in (
        ("min_pin_length", 4, 24, "digits"),
        ("pin_lifetime_days", 1, 999, "days"),
        ("pin_history", 1, 20, ""),
        ("failures_before_reset", 1, 999, ""),
        ("failures_before_lockout", 1, 999, ""),
        ("max_greeting", 1 * _MINUTE, 10 * _MINUTE, "seconds"),
        ("shortest_message", 0, 10, "seconds"),
    ):
        value = getattr(policy, field)
        if value is not None:
            where = f"policy {policy.name}, {field}"
            yield from out_of_range(where, f"policy.{field}", float(value), low, high, unit)


def _plan_reference(where: str, name: str, configuration: Configuration) -> Iterator[Problem]:
    code = f"{where.partition(' ')[0]}.dial_plan"
    plans = configuration.dial_plans
    yield from unknown_reference(f"{where}, dial_plan", code, "dial plan", name, plans)


def _keys(attendant: AutoAttendant, configuration: Configuration) -> Iterator[Problem]:
    seen: set[str] = set()
    for mapping in attendant.keys:
        where = f"attendant {attendant.name}, key {mapping.key}"
        if mapping.key not in tuple("123456789"):
            yield _key_problem("key", where, f'"{mapping.key}"', "a key from 1 to 9")
        if mapping.key in seen:
            yield _key_problem("key-twice", where, "it twice", "each key once")
        if not mapping.label.strip():
            yield _key_problem("label", where, "no label", 'what is said: "for …, press 1"')
        seen.add(mapping.key)
        yield from _target(mapping, where, attendant, configuration)


def _target(
    mapping: KeyMapping, where: str, attendant: AutoAttendant, configuration: Configuration
) -> Iterator[Problem]:
    target = mapping.target
    match mapping.action:
        case KeyAction.EXTENSION:
            fits, expected = is_dialable(target), "a number or SIP URI to call"
        case KeyAction.ATTENDANT:
            fits, expected = target in configuration.attendants, "the name of an auto attendant"
        case KeyAction.MAILBOX:
            fits = target in _extensions_in(attendant.dial_plan, configuration)
            expected = f"an extension of a mailbox in dial plan {attendant.dial_plan}"
        case KeyAction.ANNOUNCEMENT:
            fits, expected = bool(target.strip()), "a text to say, or a recording's file"
        case KeyAction.OPERATOR:
            fits = _has_operator(attendant, configuration)
            expected = "an operator of the attendant or of its dial plan"
        case KeyAction.SUBSCRIBER_ACCESS | KeyAction.DIRECTORY:
            fits, expected = not target, "no target: the action says it all"
    if not fits:
        yield _key_problem("target", where, f'the target "{target}"', expected)


def _has_operator(attendant: AutoAttendant, configuration: Configuration) -> bool:
    plan = configuration.dial_plans.get(attendant.dial_plan)
    return bool(attendant.operator or (plan and plan.operator))


def _key_problem(what: str, where: str, found: str, expected: str) -> Problem:
    return Problem(
        code=f"attendant.{what}",
        where=where,
        found=found,
        expected=expected,
        do="change the key, or take it away",
        means="callers who press the key get nowhere",
    )


def _extensions_in(plan: str, configuration: Configuration) -> set[str]:
    return {
        extension
        for mailbox in configuration.mailboxes.values()
        if mailbox.dial_plan == plan
        for extension in (mailbox.extension, *mailbox.other_extensions)
    }


def _extensions(mailbox: Mailbox, plan: DialPlan) -> Iterator[Problem]:
    for extension in (mailbox.extension, *mailbox.other_extensions):
        fits = extension.isascii() and extension.isdigit() and len(extension) == plan.digits
        is_global = plan.uri_type is UriType.E164 and extension.startswith("+")
        if not (fits or (is_global and is_number(extension))):
            yield Problem(
                code="mailbox.extension",
                where=f"mailbox {mailbox.extension}, extension",
                found=f'"{extension}"',
                expected=f"{digits_of_extension(plan)}, as dial plan {plan.name} has them",
                do="choose an extension of that length",
                means="nobody could dial it",
            )


def _sip_uri(mailbox: Mailbox, plan: DialPlan) -> Iterator[Problem]:
    where = f"mailbox {mailbox.extension}, sip_uri"
    if mailbox.sip_uri:
        yield from not_dialable(where, "mailbox.sip_uri", mailbox.sip_uri)
    elif plan.uri_type is UriType.SIP_URI:
        yield Problem(
            code="mailbox.sip_uri",
            where=where,
            found="none",
            expected=f"a SIP URI: dial plan {plan.name} reaches its subscribers by it",
            do=f"umbel mailbox set {mailbox.extension} --sip-uri sip:NAME@DOMAIN",
        )


def _person(mailbox: Mailbox) -> Iterator[Problem]:
    where = f"mailbox {mailbox.extension}"
    if not mailbox.name.strip():
        yield Problem(
            code="mailbox.name",
            where=f"{where}, name",
            found="none",
            expected="the subscriber's first and last name",
            do=f'umbel mailbox set {mailbox.extension} --name "First Last"',
        )
    if mailbox.operator:
        yield from not_dialable(f"{where}, operator", "mailbox.operator", mailbox.operator)
