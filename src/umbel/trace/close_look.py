"""Chooses, of all that passes, what belongs to the calls that somebody looks at closely."""

import re
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Final, TypeVar

from umbel.core.call_filter import CallFilter

from .entry import ConnectionEnd, Entry, Handshake, Passage
from .glance import glance

Value = TypeVar("Value")

_MOST: Final = 10_000
"""Calls, and connections, that are remembered; the oldest are forgotten first."""

_LONGEST_LINE: Final = 1024
"""Characters: strangers decide what is looked at, and a pattern may try each place anew."""
_LONGEST_ID: Final = 256
"""Characters of the Call-ID of a call that is remembered."""

_USER: Final = r"[^\r\n]*?sips?:([^@;>\s:]{1,256})@"
_CALLERS: Final = re.compile(rf"(?im)^(?:From|f|P-Asserted-Identity)\s*:{_USER}")
_TARGETS: Final = re.compile(rf"(?im)^(?:To|t)\s*:{_USER}|^[A-Z]+ sips?:([^@;\s]{{1,256}})@")


class CloseLook:
    """Takes entries as they come; gives those to show, and what of the connection came before."""

    def __init__(self, wanted: CallFilter, gateways_at: Callable[[str], Collection[str]]) -> None:
        """*gateways_at* names the gateways that are at an IP address."""
        self._wanted = wanted
        self._gateways_at = gateways_at
        self._calls: OrderedDict[str, None] = OrderedDict()
        self._unshown: OrderedDict[str, Handshake] = OrderedDict()
        """By connection: handshakes of which nobody knows yet whose calls will come."""
        self._connections: OrderedDict[str, None] = OrderedDict()

    def take(self, entry: Entry) -> list[Entry]:
        """Give what is to be shown now."""
        match entry:
            case Passage() if self._is_wanted(entry):
                return self._with_handshake(entry)
            case Handshake():
                return self._take_handshake(entry)
            case ConnectionEnd() if entry.connection in self._connections:
                del self._connections[entry.connection]
                return [entry]
            case _:
                return []

    def _is_wanted(self, passage: Passage) -> bool:
        call_id = glance(passage.octets).call_id
        if call_id in self._calls:
            return True
        head = _head(passage.octets)
        is_wanted = self._wanted.matches(
            caller=_CALLERS.findall(head),
            dialled=["".join(found) for found in _TARGETS.findall(head)],
            gateway=self._gateways_at(passage.remote[0]),
        )
        if is_wanted and len(call_id) <= _LONGEST_ID:
            _remember(self._calls, call_id, None)
        return is_wanted

    def _with_handshake(self, passage: Passage) -> list[Entry]:
        if passage.connection:
            _remember(self._connections, passage.connection, None)
        before = self._unshown.pop(passage.connection, None)
        return [passage] if before is None else [before, passage]

    def _take_handshake(self, entry: Handshake) -> list[Entry]:
        if not self._wanted.matches(
            caller=self._wanted.caller,
            dialled=self._wanted.dialled,
            gateway=self._gateways_at(entry.report.remote[0]),
        ):
            return []
        if self._wanted.is_about_people:
            _remember(self._unshown, entry.connection, entry)
            return []
        _remember(self._connections, entry.connection, None)
        return [entry]


def _head(octets: bytes) -> str:
    """Give what is looked at of a message: the lines of its head that are not too long."""
    lines = octets.partition(b"\r\n\r\n")[0].split(b"\r\n")
    usual = b"\r\n".join(line for line in lines if len(line) <= _LONGEST_LINE)
    return usual.decode("utf-8", "replace")


def _remember(kept: "OrderedDict[str, Value]", key: str, value: Value) -> None:
    kept[key] = value
    if len(kept) > _MOST:
        kept.popitem(last=False)
