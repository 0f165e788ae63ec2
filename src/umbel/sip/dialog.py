"""Dialogs: what two user agents remember of each other between requests (RFC 3261 section 12)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from .address import Address
from .errors import SipError
from .headers import Headers
from .message import Request, Response
from .status import Status
from .uri import Uri

MAX_FORWARDS = "70"

TARGET_REFRESH = frozenset({"INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"})
"""Methods whose Contact replaces the remote target (section 12.2, RFC 3311, RFC 6665)."""

FIRST_SEQUENCE_NUMBER = 1


class OutOfOrder(SipError):
    """A request with a lower CSeq number than one before it (section 12.2.2)."""

    status = Status.SERVER_INTERNAL_ERROR


class DialogState(StrEnum):
    """How far a dialog is."""

    EARLY = "early"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogId:
    """What names a dialog in every message of it (section 12)."""

    call_id: str
    local_tag: str
    remote_tag: str

    @classmethod
    def of_request(cls, request: Request) -> Self:
        """Read the name from a request that we received."""
        return cls(
            call_id=request.call_id,
            local_tag=request.to.tag or "",
            remote_tag=request.from_.tag or "",
        )


@dataclass(slots=True, kw_only=True)
class Dialog:
    """One dialog. All of its fields are values, so that it can be written down and taken over."""

    call_id: str
    local: Address
    """Our From or To, with our tag."""
    remote: Address
    """The peer's, with its tag where it has one."""
    remote_target: Uri
    """The peer's Contact: the Request-URI of our requests."""
    route_set: tuple[Address, ...] = ()
    local_sequence: int = 0
    """The CSeq number of our last request; 0: there was none."""
    remote_sequence: int | None = None
    """The CSeq number of the peer's last request; ``None``: there was none."""
    is_secure: bool = False
    """Whether it was made by a request to a sips URI over TLS."""
    state: DialogState = DialogState.EARLY

    @classmethod
    def as_server(cls, request: Request, local_tag: str) -> Self:
        """Begin the dialog of a request that we answer with *local_tag* (section 12.1.1)."""
        return cls(
            call_id=request.call_id,
            local=request.to.with_tag(local_tag),
            remote=request.from_,
            remote_target=_target(request) or request.from_.uri,
            route_set=tuple(request.record_routes),
            remote_sequence=request.cseq.number,
            is_secure=request.uri.scheme == "sips",
        )

    @classmethod
    def as_client(cls, request: Request, response: Response) -> Self:
        """Begin the dialog of a response to our request (section 12.1.2)."""
        return cls(
            call_id=request.call_id,
            local=request.from_,
            remote=response.to,
            remote_target=_target(response) or request.uri,
            route_set=tuple(reversed(response.record_routes)),
            local_sequence=request.cseq.number,
            is_secure=request.uri.scheme == "sips",
        )

    @property
    def id(self) -> DialogId:
        """The name of the dialog."""
        return DialogId(
            call_id=self.call_id,
            local_tag=self.local.tag or "",
            remote_tag=self.remote.tag or "",
        )

    @property
    def next_hop(self) -> Uri:
        """The URI that our requests are sent to (section 8.1.2)."""
        return self.route_set[0].uri if self.route_set else self.remote_target

    def confirm(self, response: Response | None = None) -> None:
        """Take a 2xx: as client, its route set replaces the early one (section 13.2.2.4)."""
        if self.state is DialogState.EARLY:  # A BYE may have overtaken the 2xx.
            self.state = DialogState.CONFIRMED
        if response is not None:
            self.route_set = tuple(reversed(response.record_routes))
            self.refresh_target(response)

    def terminate(self) -> None:
        """End the dialog."""
        self.state = DialogState.TERMINATED

    def next_sequence(self) -> int:
        """Count on to the CSeq number of our next request."""
        self.local_sequence += 1
        return self.local_sequence

    def request(self, method: str) -> Request:
        """Build our next request, without Via and Contact (section 12.2.1.1)."""
        return self._build(method, self.next_sequence())

    def ack(self, invite: Request) -> Request:
        """Build the ACK to a 2xx: the number and the credentials of its INVITE (13.2.2.4)."""
        ack = self._build("ACK", invite.cseq.number)
        for name in ("Authorization", "Proxy-Authorization"):
            for value in invite.headers.get_all(name):
                ack.headers.add(name, value)
        return ack

    def receive(self, request: Request) -> None:
        """Check the order of a request of the peer and take its new target (section 12.2.2)."""
        number = request.cseq.number
        if self.remote_sequence is not None and number < self.remote_sequence:
            raise OutOfOrder(
                f"CSeq: found {number}, expected more than {self.remote_sequence} in this dialog"
            )
        self.remote_sequence = number

    def refresh_target(self, message: Request | Response) -> None:
        """Take the Contact of a target refresh request, or of the 2xx to ours."""
        if message.cseq.method in TARGET_REFRESH:
            self.remote_target = _target(message) or self.remote_target

    def _build(self, method: str, number: int) -> Request:
        uri, routes = self._way()
        headers = Headers()
        for route in routes:
            headers.add("Route", str(route))
        headers.add("Max-Forwards", MAX_FORWARDS)
        headers.add("From", str(self.local))
        headers.add("To", str(self.remote))
        headers.add("Call-ID", self.call_id)
        headers.add("CSeq", f"{number} {method}")
        return Request(method=method, uri=uri, headers=headers)

    def _way(self) -> tuple[Uri, tuple[Address, ...]]:
        """Give Request-URI and Routes; a strict router (no ``lr``) becomes the Request-URI."""
        if not self.route_set or "lr" in self.route_set[0].uri.parameters:
            return self.remote_target, self.route_set
        return self.route_set[0].uri, (*self.route_set[1:], Address(uri=self.remote_target))


def _target(message: Request | Response) -> Uri | None:
    contacts = message.contacts
    return contacts[0].uri if contacts else None
