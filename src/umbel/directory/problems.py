"""One thing that is wrong with a configuration, before it is told to a person or a program."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address

from umbel.core.findings import Finding, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What was found where, and what was expected instead."""

    code: str
    where: str
    """``gateway lync, port``."""
    found: str
    expected: str
    do: str
    """The cure, as a command where there is one."""
    means: str = "the object cannot be used as it is"
    severity: Severity = Severity.ERROR
    rule: str = ""

    def as_finding(self) -> Finding:
        """Give it as the result of a check."""
        return Finding(
            code=self.code,
            severity=self.severity,
            seen=f"{self.where}: {self.found} instead of {self.expected}",
            means=self.means,
            do=self.do,
            rule=self.rule,
        )


_NUMBER = re.compile(r"\+?[0-9]{1,32}", re.ASCII)
_SIP_USER = re.compile(r"[A-Za-z0-9\-_.!~*'()&=+$,;?/%]{1,64}", re.ASCII)
_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?", re.ASCII)
_PLACE = re.compile(
    r"(?:\[(?P<ipv6>[^\]]*)\]|(?P<host>[^:;\[\]]+))(?::(?P<port>[0-9]{1,5}))?"
    r"(?:;[A-Za-z0-9\-_.!~*'%]+(?:=[A-Za-z0-9\-_.!~*'()\[\]/:&+$%]+)?)*",
    re.ASCII,
)
_LAST_PORT = 65535
_FORBIDDEN_IN_NAMES = re.compile(r'["/\\\[\]:;|=,+*?<>\x00-\x1f\x7f]')
_LONGEST_NAME = 64
_SHOWN = 8
"""Of many known names, a problem shows this many."""


def is_number(text: str) -> bool:
    """Say whether *text* is digits, perhaps after a plus sign."""
    return _NUMBER.fullmatch(text) is not None


def is_dialable(text: str) -> bool:
    """Say whether *text* is a number, a SIP user or a SIP URI (RFC 3261 section 25.1)."""
    user, at, place = text.removeprefix("sips:").removeprefix("sip:").partition("@")
    return _SIP_USER.fullmatch(user) is not None and (not at or _is_place(place))


def _is_place(text: str) -> bool:
    """Say whether *text* is what follows the ``@`` of a SIP URI: host, port and parameters."""
    found = _PLACE.fullmatch(text)
    if found is None or int(found["port"] or 0) > _LAST_PORT:
        return False
    return is_host_name(found["host"]) if found["host"] else _is_ipv6(found["ipv6"])


def _is_ipv6(text: str) -> bool:
    try:
        return IPv6Address(text).scope_id is None
    except ValueError:
        return False


def is_host_name(text: str) -> bool:
    """Say whether *text* can be a host's name (RFC 1123 section 2.1)."""
    return len(text) <= 253 and _HOST.fullmatch(text) is not None


def wrong_name(noun: str, name: str) -> Iterator[Problem]:
    """Check a name that a person gave (Exchange UM's limits, so that both can name alike)."""
    if not name.strip() or len(name) > _LONGEST_NAME or _FORBIDDEN_IN_NAMES.search(name):
        yield Problem(
            code=f"{noun}.name",
            where=f"{noun} {name!r}, name",
            found=f'"{name}"',
            expected=f'1 to {_LONGEST_NAME} characters, none of " / \\ [ ] : ; | = , + * ? < >',
            do="choose another name",
        )


def out_of_range(
    where: str, code: str, value: float, low: float, high: float, unit: str = ""
) -> Iterator[Problem]:
    """Check a number against the range that it may have."""
    if not low <= value <= high:
        yield Problem(
            code=code,
            where=where,
            found=f"{value:g}",
            expected=f"{low:g} to {high:g}{unit and ' ' + unit}",
            do="choose a value in that range",
        )


def unknown_reference(
    where: str, code: str, noun: str, name: str, known: Collection[str]
) -> Iterator[Problem]:
    """Check that the object that is referred to is there."""
    if name not in known:
        names = ", ".join(sorted(known)[:_SHOWN]) or "none yet"
        yield Problem(
            code=code,
            where=where,
            found=f'"{name}"',
            expected=f"the name of a {noun} ({names})",
            do=f"create the {noun} first, or name another",
            means="calls that need it cannot be served",
        )


def not_dialable(where: str, code: str, text: str) -> Iterator[Problem]:
    """Check a number, SIP user or SIP URI that a person gave."""
    if not is_dialable(text):
        yield Problem(
            code=code,
            where=where,
            found=f'"{text}"',
            expected="a number, a SIP user or a SIP URI",
            do="write it as 1001, +431555010, ada or sip:ada@example.org",
            rule="RFC 3261 section 19.1",
        )
