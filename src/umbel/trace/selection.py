"""Which entries belong to a call, to a gateway, or to everything."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from umbel.core.addresses import is_ip_address
from umbel.identity.handshake import Ending, HandshakeReport
from umbel.identity.names import presented_names

from .entry import CallNamed, ConnectionEnd, Handshake, Kept, Passage, Secrets, Untold
from .glance import dialogs_in

_HELD: Final = 100_000
"""Entries remembered, because what comes later may show that they belong to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody wants to see."""

    call: str = ""
    """The name that ``umbel calls`` gives it, or a Call-ID."""
    gateway: str = ""
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Where the gateway is."""
    names: frozenset[str] = frozenset()
    """What the gateway is called, and what its certificates say; in lower case."""
    since: datetime | None = None

    @property
    def is_everything(self) -> bool:
        """Say whether nothing is left out but what is too old."""
        return not self.call and not self.gateway


_Connection = tuple[str, str, str]
"""Node, run, and the name of the connection in it."""


@dataclass(slots=True)
class _Seen:
    """An entry, and which dialogs its message speaks of."""

    kept: Kept
    call_id: str = ""
    replaces: tuple[str, ...] = ()


class Selection:
    """Takes entries as they come and gives those that are wanted, each once.

    Dialogs become one call by the name that the node gave them, and by Replaces (RFC 3891): so the
    legs of a transfer stay together.
    """

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._call_ids = {wanted.call} if wanted.call else set()
        self._calls = {wanted.call} if wanted.call else set()
        self._connections: set[_Connection] = set()
        """Those of the gateway."""
        self._used: set[_Connection] = set()
        """Those that messages passed on which are given."""
        self._failed_towards: set[tuple[str, tuple[str, int]]] = set()
        self._held: deque[_Seen] = deque(maxlen=_HELD)

    def take(self, news: Iterable[Kept]) -> list[Kept]:
        """Take entries; give those of them, and of the earlier ones, that are wanted."""
        if self._wanted.is_everything and self._wanted.since is None:
            return list(news)
        self._held.extend(map(_seen, news))
        while any([self._learn(seen) for seen in self._held]):
            pass
        chosen = [seen for seen in self._held if self._is_chosen(seen)]
        taken = {id(seen) for seen in chosen}
        self._held = deque((one for one in self._held if id(one) not in taken), maxlen=_HELD)
        return [seen.kept for seen in chosen]

    # --- learning what belongs to it ------------------------------------------------------------

    def _learn(self, seen: _Seen) -> bool:
        """Learn from an entry, and say whether anything was new."""
        before = self._known
        match seen.kept.entry:
            case CallNamed() as named:
                self._learn_name(named)
            case Passage() as passage:
                self._learn_message(seen, passage)
            case Handshake() as handshake if self._is_of_gateway(handshake.report):
                self._connections.add(_connection(seen.kept, handshake.connection))
            case _:
                pass
        return self._known != before

    @property
    def _known(self) -> int:
        dialogs = len(self._call_ids) + len(self._calls)
        return dialogs + len(self._connections) + len(self._used) + len(self._failed_towards)

    def _learn_name(self, named: CallNamed) -> None:
        of_gateway = bool(self._wanted.gateway) and named.gateway == self._wanted.gateway
        if of_gateway or named.call in self._calls or named.call_id in self._call_ids:
            self._calls.add(named.call)
            self._call_ids.add(named.call_id)

    def _learn_message(self, seen: _Seen, passage: Passage) -> None:
        if self._call_ids.intersection(seen.replaces):
            self._call_ids.add(seen.call_id)
        if not self._is_wanted(seen, passage):
            return
        if not self._wanted.gateway:
            self._call_ids.update(seen.replaces)
        if self._is_recent(passage.at):
            if passage.connection:
                self._used.add(_connection(seen.kept, passage.connection))
            if passage.problem:
                self._failed_towards.add((seen.kept.node, passage.remote))

    # --- choosing -------------------------------------------------------------------------------

    def _is_chosen(self, seen: _Seen) -> bool:
        match seen.kept.entry:
            case Passage() as passage:
                return self._is_recent(passage.at) and self._is_wanted(seen, passage)
            case CallNamed(call=call, at=at):
                return self._is_recent(at) and (self._wanted.is_everything or call in self._calls)
            case Handshake(connection=connection, at=at, report=report):
                return self._is_of_what_is_shown(seen.kept, connection, at) or (
                    self._is_recent(at) and self._has_kept_from_going(seen.kept, report)
                )
            case Untold(at=at):
                return self._is_of_all(at)
            case Secrets() | ConnectionEnd() as of:
                return self._is_of_what_is_shown(seen.kept, of.connection, of.at)

    def _is_of_all(self, at: datetime) -> bool:
        """Say whether what is of nobody in particular is given."""
        return self._wanted.is_everything and self._is_recent(at)

    def _is_wanted(self, seen: _Seen, passage: Passage) -> bool:
        """Say whether a message is of the call or the gateway, however old."""
        if self._wanted.is_everything or seen.call_id in self._call_ids:
            return True
        if not self._wanted.gateway:
            return False
        if passage.connection and _connection(seen.kept, passage.connection) in self._connections:
            return True
        return self._is_name(passage.domain) or self._is_address(passage.remote[0])

    def _is_of_what_is_shown(self, kept: Kept, name: str, at: datetime) -> bool:
        """Say whether a connection carried what is given, or is itself wanted and not too old."""
        connection = _connection(kept, name)
        is_wanted = self._wanted.is_everything or connection in self._connections
        return connection in self._used or (is_wanted and self._is_recent(at))

    def _has_kept_from_going(self, kept: Kept, report: HandshakeReport) -> bool:
        """Say whether a handshake failed towards where a message did not arrive."""
        towards = (kept.node, report.remote)
        return report.ending is not Ending.SUCCEEDED and towards in self._failed_towards

    def _is_of_gateway(self, report: HandshakeReport) -> bool:
        if not self._wanted.gateway:
            return False
        if self._is_name(report.server_name or "") or self._is_address(report.remote[0]):
            return True
        if not report.peer_chain:
            return False
        shown = presented_names(report.peer_chain[0])
        return any(map(self._is_name, (*shown.dns_names, *shown.common_names)))

    def _is_name(self, name: str) -> bool:
        return name.lower().rstrip(".") in self._wanted.names

    def _is_address(self, address: str) -> bool:
        return is_ip_address(address) and any(
            ip_address(address) in network for network in self._wanted.networks
        )

    def _is_recent(self, at: datetime) -> bool:
        return self._wanted.since is None or at >= self._wanted.since


def _seen(kept: Kept) -> _Seen:
    if not isinstance(kept.entry, Passage):
        return _Seen(kept)
    call_id, replaces = dialogs_in(kept.entry.octets)
    return _Seen(kept, call_id=call_id, replaces=replaces)


def _connection(kept: Kept, name: str) -> _Connection:
    return kept.node, kept.run, name
