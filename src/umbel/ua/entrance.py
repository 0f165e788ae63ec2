"""From octets to a message that can be read without surprises, or to an answer that says why not."""

from collections.abc import Callable

from umbel.core.errors import PeerError
from umbel.sip.hop import Source
from umbel.sip.malformed import rejection, response_to
from umbel.sip.message import Message, Request, Response, parse_message
from umbel.sip.validate import validate_request, validate_response

from .events import PeerMisbehaved
from .wire import Wire

REFUSED = "refused"
"""The tag of answers that no transaction stands behind: the same for a repetition (8.2.7)."""

DISPENSABLE: dict[str, Callable[[Response], object]] = {
    "Allow": lambda response: response.allow,
    "Session-Expires": lambda response: response.session_expires,
    "Min-SE": lambda response: response.min_se,
}
"""What we read from responses and can do without: a call must not fail on an ornament."""


class Entrance:
    """Where messages come in."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def admit(self, data: bytes, source: Source) -> Message | None:
        """Give the message; ``None``: it cannot be used, and was answered if it could be."""
        try:
            message = parse_message(data)
        except PeerError as error:
            self.refuse(data, error, source)
            return None
        if isinstance(message, Request):
            return self._admit_request(message, source)
        return self._admit_response(message, source)

    def refuse(self, octets: bytes, error: PeerError, source: Source) -> None:
        """Answer what is no message, if an answer to it is possible, and tell of it."""
        self._reject(response_to(octets, error, to_tag=REFUSED), error, source)

    def _admit_request(self, request: Request, source: Source) -> Request | None:
        try:
            validate_request(request)
        except PeerError as error:
            self._reject(rejection(request, error, to_tag=REFUSED), error, source)
            return None
        return request

    def _admit_response(self, response: Response, source: Source) -> Response | None:
        try:
            validate_response(response)
        except PeerError as error:
            self._reject(None, error, source)
            return None
        for name, read in DISPENSABLE.items():
            try:
                read(response)
            except PeerError as error:
                response.headers.remove(name)
                self._reject(None, error, source)
        return response

    def _reject(self, answer: Response | None, error: PeerError, source: Source) -> None:
        if answer is not None:
            self._wire.transmit(bytes(answer), source.hop_back())
        self._wire.tell(PeerMisbehaved(source=source, reason=str(error)))
