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

_USER: Final = r"[^\r\n]*?sips?:([^@;>\s]+)@"
_CALLERS: Final = re.compile(rf"(?im)^(?:From|f|P-Asserted-Identity)\s*:{_USER}")
_TARGETS: Final = re.compile(rf"(?im)^(?:To|t)\s*:{_USER}|^[A-Z]+ sips?:([^@;\s]+)@")


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
        head = passage.octets.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
        is_wanted = self._wanted.matches(
            caller=_CALLERS.findall(head),
            dialled=["".join(found) for found in _TARGETS.findall(head)],
            gateway=self._gateways_at(passage.remote[0]),
        )
        if is_wanted:
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


def _remember(kept: "OrderedDict[str, Value]", key: str, value: Value) -> None:
    kept[key] = value
    if len(kept) > _MOST:
        kept.popitem(last=False)
