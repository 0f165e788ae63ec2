"""What may be wrong with dial plans, and with the numbers that their objects share."""

import re
from collections import defaultdict
from collections.abc import Iterator

from .numbers import Address, read_address
from .objects import DialPlan, UriType
from .ports import Configuration
from .problems import Problem, not_dialable, out_of_range, unknown_reference, wrong_name

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)

_MINUTE = 60


def dial_plan_problems(configuration: Configuration) -> Iterator[Problem]:
    """Check every dial plan."""
    for name in sorted(configuration.dial_plans):
        plan = configuration.dial_plans[name]
        yield from wrong_name("dialplan", name)
        yield from _ranges(plan)
        yield from _language(plan)
        yield from _numbers(plan, configuration)


def shared_number_problems(configuration: Configuration) -> Iterator[Problem]:
    """Check that no number of a dial plan leads to two places."""
    for (plan, address), owners in sorted(_owners(configuration).items(), key=str):
        if len(owners) > 1:
            number = f"{address.user}@{address.host}" if address.host else address.user
            yield Problem(
                code="dialplan.number-taken-twice",
                where=f"dialplan {plan}",
                found=f"{number} as {' and as '.join(owners)}",
                expected="each number once",
                do="give one of them another number",
                means="callers of that number reach only one of them",
            )


def _ranges(plan: DialPlan) -> Iterator[Problem]:
    """Exchange UM's ranges; lengths of time in seconds."""
    for field, low, high, unit in (
        ("digits", 1, 20, ""),
        ("max_call", 10 * _MINUTE, 120 * _MINUTE, "seconds"),
        ("max_recording", 1 * _MINUTE, 100 * _MINUTE, "seconds"),
        ("recording_silence", 2, 10, "seconds"),
        ("input_failures", 1, 20, ""),
        ("logon_failures", 1, 20, ""),
    ):
        value = float(getattr(plan, field))
        where = f"dialplan {plan.name}, {field}"
        yield from out_of_range(where, f"dialplan.{field}", value, low, high, unit)


def _language(plan: DialPlan) -> Iterator[Problem]:
    if not _LANGUAGE.fullmatch(plan.language):
        yield Problem(
            code="dialplan.language",
            where=f"dialplan {plan.name}, language",
            found=f'"{plan.language}"',
            expected="a language such as en-US",
            do=f"umbel dialplan set {plan.name} --language en-US",
            rule="RFC 5646 section 2.1",
        )


def _numbers(plan: DialPlan, configuration: Configuration) -> Iterator[Problem]:
    where = f"dialplan {plan.name}"
    for number in plan.access_numbers:
        yield from not_dialable(f"{where}, access_numbers", "dialplan.access_numbers", number)
    if plan.operator:
        yield from not_dialable(f"{where}, operator", "dialplan.operator", plan.operator)
    if plan.attendant:
        yield from unknown_reference(
            f"{where}, attendant",
            "dialplan.attendant",
            "auto attendant",
            plan.attendant,
            configuration.attendants,
        )


def _owners(configuration: Configuration) -> dict[tuple[str, Address], list[str]]:
    """Give, for each number of each dial plan, what it leads to."""
    owners: dict[tuple[str, Address], list[str]] = defaultdict(list)
    for plan in configuration.dial_plans.values():
        for number in plan.access_numbers:
            owners[plan.name, _alone(number)].append("subscriber access")
    for attendant in configuration.attendants.values():
        for pilot in attendant.pilots:
            owners[attendant.dial_plan, _alone(pilot)].append(f"attendant {attendant.name}")
    for mailbox in configuration.mailboxes.values():
        who = f"mailbox {mailbox.extension}"
        for extension in (mailbox.extension, *mailbox.other_extensions):
            owners[mailbox.dial_plan, _alone(extension)].append(who)
        if mailbox.sip_uri and _is_by_name(mailbox.sip_uri):
            owners[mailbox.dial_plan, read_address(mailbox.sip_uri)].append(who)
    return owners


def _alone(number: str) -> Address:
    """Give the number without a host: dialled numbers are compared so."""
    return Address(read_address(number).user)


def _is_by_name(uri: str) -> bool:
    """A URI such as sip:1001@pbx may well repeat the extension."""
    return not read_address(uri).is_number


def digits_of_extension(plan: DialPlan) -> str:
    """Say what an extension of *plan* looks like."""
    shape = f"{plan.digits} digits"
    return f"{shape}, or an E.164 number" if plan.uri_type is UriType.E164 else shape
