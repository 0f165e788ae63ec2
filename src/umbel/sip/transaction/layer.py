"""The transaction layer: all transactions of a user agent, by what messages say of them (section 17)."""

from dataclasses import dataclass

from umbel.core.instants import Instant
from umbel.sip.hop import Hop, Source
from umbel.sip.message import Request, Response

from .effects import (
    AckArrived,
    Deliver,
    Effect,
    LayerEffect,
    RequestArrived,
    ResponseArrived,
    Send,
    TimedOut,
    TransactionEnded,
    Transmit,
    TransportFailed,
    Unanswered,
)
from .hop_by_hop import cancel_for
from .invite_client import InviteClientTransaction
from .invite_server import InviteServerTransaction
from .machine import State
from .matching import client_key, merge_key, server_key
from .non_invite_client import NonInviteClientTransaction
from .non_invite_server import NonInviteServerTransaction
from .return_path import hop_back, note_arrival
from .timers import Agenda, Timing

ClientTransaction = InviteClientTransaction | NonInviteClientTransaction
ServerTransaction = InviteServerTransaction | NonInviteServerTransaction

_UNHEARD = frozenset({State.CALLING, State.TRYING})
REQUEST_TIMEOUT = 408
SERVICE_UNAVAILABLE = 503


@dataclass(slots=True, kw_only=True)
class _Entry:
    machine: ClientTransaction | ServerTransaction
    hop: Hop
    """Where its messages go."""
    connection: str = ""
    """The connection that carried the last of them; empty: none, or not known yet."""


class TransactionLayer:
    """
    Matches messages to transactions, absorbs repetitions, and repeats what is lost.

    It is driven by the network (``receive``, ``send_failed``), by its transaction user
    (``request``, ``cancel``, ``respond``) and by time (``handle_timeout``); each returns effects.
    """

    def __init__(self, timing: Timing | None = None) -> None:
        self._timing = timing or Timing()
        self._entries: dict[str, _Entry] = {}
        self._merges: dict[str, str] = {}
        self._agenda: Agenda[str] = Agenda()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def next_timeout(self) -> Instant | None:
        """When ``handle_timeout`` wants to be called."""
        return self._agenda.next_timeout

    def request(self, request: Request, hop: Hop, now: Instant) -> list[LayerEffect]:
        """Send a request whose top Via names a new branch; ``client_key`` names its transaction."""
        key = client_key(request)
        machine = self._client(request, hop)
        self._entries[key] = _Entry(machine=machine, hop=hop)
        return self._carry_out(key, machine.start(now))

    def cancel(
        self, key: str, headers: tuple[tuple[str, str], ...], now: Instant
    ) -> list[LayerEffect]:
        """Send a CANCEL after the INVITE named *key*, along the same way (section 9.1)."""
        entry = self._entries.get(key)
        if entry is None:
            return []
        return self.request(cancel_for(entry.machine.request, headers), entry.hop, now)

    def abandon(self, key: str) -> list[LayerEffect]:
        """Forget an INVITE that was cancelled and that nobody answers (section 9.1)."""
        entry = self._entries.get(key)
        if entry is None or not isinstance(entry.machine, InviteClientTransaction):
            return []
        entry.machine.abandon()
        return self._carry_out(key, [])

    def respond(self, key: str, response: Response, now: Instant) -> list[LayerEffect]:
        """Answer the request named *key*; nothing happens where its transaction is over."""
        match self._machine(key):
            case InviteServerTransaction() | NonInviteServerTransaction() as machine:
                return self._carry_out(key, machine.respond(response, now))
            case _:
                return []

    def repeats(self, request: Request) -> bool:
        """Say whether a request, or the ACK to our answer, belongs to a transaction that lives."""
        return server_key(request) in self._entries

    def knows(self, key: str) -> bool:
        """Say whether the transaction named *key* lives."""
        return key in self._entries

    def invite_cancelled_by(self, cancel: Request) -> str | None:
        """Name the INVITE that a CANCEL means; ``None``: there is none (481)."""
        key = server_key(cancel, "INVITE")
        return key if key in self._entries else None

    def receive(
        self, message: Request | Response, source: Source, now: Instant
    ) -> list[LayerEffect]:
        """Take a message that has been found well-formed."""
        if isinstance(message, Response):
            return self._receive_response(message, source, now)
        note_arrival(message, source)
        return self._receive_request(message, source, now)

    def send_failed(self, key: str, reason: str) -> list[LayerEffect]:
        """Take the news that a message of the transaction named *key* could not be sent."""
        machine = self._machine(key)
        return [] if machine is None else self._carry_out(key, machine.transport_failed(reason))

    def carried(self, key: str, connection: str) -> None:
        """Take note of the connection that carried a message of the transaction named *key*."""
        if (entry := self._entries.get(key)) is not None:
            entry.connection = connection

    def unanswered_on(self, connection: str) -> list[str]:
        """
        Name the requests that went by a connection and that nobody has answered yet.

        Where it is gone, waiting out Timer B or F for an answer would only cost the caller time;
        one that was answered provisionally may still be answered by another connection (18.2.2).
        """
        return [
            key
            for key, entry in self._entries.items()
            if entry.connection == connection
            and isinstance(entry.machine, ClientTransaction)
            and entry.machine.state in _UNHEARD
        ]

    def handle_timeout(self, now: Instant) -> list[LayerEffect]:
        """Let every timer that is due act."""
        effects: list[LayerEffect] = []
        for key in self._agenda.due(now):
            effects += self._carry_out(key, self._entries[key].machine.handle_timeout(now))
        return effects

    def _machine(self, key: str) -> ClientTransaction | ServerTransaction | None:
        entry = self._entries.get(key)
        return None if entry is None else entry.machine

    def _client(self, request: Request, hop: Hop) -> ClientTransaction:
        is_reliable = hop.transport.is_reliable
        if request.method == "INVITE":
            return InviteClientTransaction(request, is_reliable=is_reliable, timing=self._timing)
        return NonInviteClientTransaction(request, is_reliable=is_reliable, timing=self._timing)

    def _server(self, request: Request, source: Source) -> ServerTransaction:
        is_reliable = source.transport.is_reliable
        if request.method == "INVITE":
            return InviteServerTransaction(request, is_reliable=is_reliable, timing=self._timing)
        return NonInviteServerTransaction(request, is_reliable=is_reliable, timing=self._timing)

    def _receive_response(
        self, response: Response, source: Source, now: Instant
    ) -> list[LayerEffect]:
        key = client_key(response)
        match self._machine(key):
            case InviteClientTransaction() | NonInviteClientTransaction() as machine:
                return self._carry_out(key, machine.receive(response, now), source)
            case _:
                return []  # A stray: RFC 6026 section 8.9 has it dropped.

    def _receive_request(self, request: Request, source: Source, now: Instant) -> list[LayerEffect]:
        key = server_key(request)
        match self._machine(key):
            case InviteServerTransaction() | NonInviteServerTransaction() as machine:
                return self._carry_out(key, machine.receive(request, now), source)
            case _ if request.method == "ACK":
                return [AckArrived(request=request, source=source)]
            case _:
                return self._open(key, request, source)

    def _open(self, key: str, request: Request, source: Source) -> list[LayerEffect]:
        machine = self._server(request, source)
        self._entries[key] = _Entry(machine=machine, hop=hop_back(request, source))
        return [
            RequestArrived(
                key=key, request=request, source=source, is_merged=self._is_merged(key, request)
            )
        ]

    def _is_merged(self, key: str, request: Request) -> bool:
        merge = merge_key(request)
        return merge is not None and self._merges.setdefault(merge, key) != key

    def _carry_out(
        self, key: str, effects: list[Effect], source: Source | None = None
    ) -> list[LayerEffect]:
        entry = self._entries[key]
        told: list[LayerEffect] = []
        for effect in effects:
            told += self._told(key, entry, effect, source)
        if entry.machine.is_terminated:
            self._forget(key, entry)
            told.append(TransactionEnded(key=key))
        else:
            self._agenda.set(key, entry.machine.next_timeout)
        return told

    def _told(
        self, key: str, entry: _Entry, effect: Effect, source: Source | None
    ) -> list[LayerEffect]:
        match effect:
            case Send(message):
                return [Transmit(data=bytes(message), hop=entry.hop, key=key)]
            case Deliver(Request() as request) if source is not None:
                return [AckArrived(request=request, source=source)]
            case Deliver(Response() as response) if source is not None:
                return [ResponseArrived(key=key, response=response, source=source)]
            case TimedOut() if isinstance(entry.machine, ClientTransaction):
                return [Unanswered(key=key, status=REQUEST_TIMEOUT, reason="no answer")]
            case TransportFailed(_, reason) if isinstance(entry.machine, ClientTransaction):
                return [Unanswered(key=key, status=SERVICE_UNAVAILABLE, reason=reason)]
            case _:
                return []  # Our answer was not heard: the peer, or the 2xx, sees to it.

    def _forget(self, key: str, entry: _Entry) -> None:
        del self._entries[key]
        self._agenda.set(key, None)
        merge = merge_key(entry.machine.request)
        if merge is not None and self._merges.get(merge) == key:
            del self._merges[merge]
