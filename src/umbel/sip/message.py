"""Requests and responses (RFC 3261 section 7), parsed lazily and written exactly."""

from dataclasses import dataclass, field, replace

from umbel.core.errors import Misuse

from .address import Address
from .cseq import CSeq
from .diversion import Diversion, HistoryEntry
from .errors import MalformedMessage, MissingHeader, UnsupportedVersion
from .event import Event, SubscriptionState
from .grammar import Scanner, is_token, parse_number, to_octets
from .head import END, content_length, split_head
from .header_field import optional, remembered, repeated, required, tokens
from .headers import Headers
from .limits import LIMITS, Limits
from .media_type import parse_accept, parse_media_type
from .reason import Reason
from .replaces import Replaces
from .session_expires import SessionExpires
from .status import phrase_of
from .uri import Uri
from .via import Via

VERSION = "SIP/2.0"

_OF_RESPONSES = ("Via", "From", "To", "Call-ID", "CSeq")
_OF_TRYING = (*_OF_RESPONSES, "Timestamp")
_OF_DIALOGS = (*_OF_RESPONSES, "Record-Route")

_HIGHEST_HOPS = 255
_HIGHEST_SECONDS = 2**32 - 1


def _parse_hops(text: str, where: str) -> int:
    return parse_number(text, where, most=_HIGHEST_HOPS)


def _parse_seconds(text: str, where: str) -> int:
    return parse_number(text, where, most=_HIGHEST_SECONDS)


def _parse_min_se(text: str, where: str) -> int:
    return SessionExpires.parse(text, where).interval


def _parse_addresses(text: str, where: str) -> tuple[Address, ...]:
    return tuple(Address.parse_many(text, where))


def _parse_contacts(text: str, where: str) -> tuple[Address, ...]:
    return () if text == "*" else _parse_addresses(text, where)


def _parse_call_id(text: str, where: str) -> str:
    if not text or " " in text or "\t" in text:
        Scanner(text, where).fail("one word")
    return text


_read_address = remembered(Address.parse)


class _Fields:
    """The header fields that requests and responses share."""

    __slots__ = ()

    headers: Headers

    vias = repeated("Via", Via.parse_many)
    """The way of the request, the latest hop first (section 20.42)."""
    from_ = required("From", _read_address)
    """Who began the dialog (section 20.20)."""
    to = required("To", _read_address)
    """Whom the request was meant for (section 20.39)."""
    call_id = required("Call-ID", _parse_call_id)
    cseq = required("CSeq", remembered(CSeq.parse))
    contacts = repeated("Contact", remembered(_parse_contacts))
    """Where its sender is reached directly; empty for ``*`` (section 20.10)."""
    routes = repeated("Route", remembered(_parse_addresses))
    """Where the request is to pass (section 20.34)."""
    record_routes = repeated("Record-Route", remembered(_parse_addresses))
    """Where the requests of the dialog are to pass, in the order of the header (section 20.30)."""
    max_forwards = optional("Max-Forwards", remembered(_parse_hops))
    content_type = optional("Content-Type", remembered(parse_media_type))
    """Type and subtype of the body, in lower case, without parameters."""
    expires = optional("Expires", _parse_seconds)
    """Seconds."""
    require = tokens("Require")
    proxy_require = tokens("Proxy-Require")
    supported = tokens("Supported")
    unsupported = tokens("Unsupported")
    allow = tokens("Allow")
    """Methods; empty also where the sender does not say."""
    allow_events = tokens("Allow-Events")
    accept = repeated("Accept", remembered(parse_accept))
    """Media ranges in lower case, without parameters; empty also where the sender does not say."""
    session_expires = optional("Session-Expires", remembered(SessionExpires.parse))
    min_se = optional("Min-SE", _parse_min_se)
    """The shortest session interval that somebody on the way takes (RFC 4028 section 5)."""
    refer_to = optional("Refer-To", Address.parse)
    """Whom the recipient is to call (RFC 3515)."""
    referred_by = optional("Referred-By", Address.parse)
    """Who asks for that (RFC 3892)."""
    replaces = optional("Replaces", Replaces.parse)
    """The dialog that an INVITE takes the place of (RFC 3891)."""
    asserted_identities = repeated("P-Asserted-Identity", remembered(_parse_addresses))
    """Who the caller is, by the word of a trusted network (RFC 3325)."""
    diversions = repeated("Diversion", Diversion.parse_many)
    """Who diverted the call, the latest first (RFC 5806)."""
    history_info = repeated("History-Info", HistoryEntry.parse_many)
    """The targets that the request was sent to, in order (RFC 7044)."""
    reasons = repeated("Reason", Reason.parse_many)
    """Why the request is sent (RFC 3326)."""
    event = optional("Event", Event.parse)
    subscription_state = optional("Subscription-State", SubscriptionState.parse)

    @property
    def via(self) -> Via:
        """The topmost Via: of a request its last sender's, of a response our own."""
        vias = self.headers.read("via", _Fields.vias.parse)
        if not vias:
            raise MissingHeader("Via")
        return vias[0]

    @property
    def has_wildcard_contact(self) -> bool:
        """Whether the Contact is ``*``, which means all of them (section 10.2.2)."""
        return "*" in self.headers.get_all("Contact")


@dataclass(slots=True)
class Request(_Fields):
    """A request. Its typed attributes are read from ``headers`` when asked for."""

    method: str
    uri: Uri
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    def create_response(
        self, status: int, reason: str | None = None, to_tag: str | None = None
    ) -> "Response":
        """
        Begin a response with what section 8.2.6 takes over from the request.

        A *to_tag* is added where To has none and the response is not 100. Timestamp is taken over
        into 100 (section 8.2.6.1), Record-Route where the response can make a dialog (section
        12.1.1).
        """
        fields = self.headers.lines_of(_taken_over_by(status))
        response = Response(
            status, phrase_of(status) if reason is None else reason, Headers.from_wire(fields)
        )
        if to_tag is not None and status > 100:
            add_to_tag(response.headers, to_tag)
        return response

    def copy(self) -> "Request":
        """Give a request whose header fields can be changed without changing these."""
        return replace(self, headers=self.headers.copy())

    def __bytes__(self) -> bytes:
        return _write(f"{self.method} {self.uri} {VERSION}", self.headers, self.body)


@dataclass(slots=True)
class Response(_Fields):
    """A response. Its typed attributes are read from ``headers`` when asked for."""

    status: int
    reason: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def is_provisional(self) -> bool:
        """Whether another response follows."""
        return self.status < 200

    @property
    def is_final(self) -> bool:
        """Whether this response ends its transaction."""
        return self.status >= 200

    @property
    def is_success(self) -> bool:
        """Whether this is a 2xx."""
        return 200 <= self.status < 300

    def copy(self) -> "Response":
        """Give a response whose header fields can be changed without changing these."""
        return replace(self, headers=self.headers.copy())

    def __bytes__(self) -> bytes:
        return _write(f"{VERSION} {self.status} {self.reason}", self.headers, self.body)


Message = Request | Response


def _taken_over_by(status: int) -> tuple[str, ...]:
    if status == 100:
        return _OF_TRYING
    return _OF_DIALOGS if 100 < status < 300 else _OF_RESPONSES


def add_to_tag(headers: Headers, tag: str) -> None:
    """Add *tag* to To, which otherwise stays as it is written; one that has a tag keeps it."""
    to = headers.get("To")
    if to is None:
        return
    try:
        has_tag = _read_address(to, "To").tag is not None
    except MalformedMessage:
        has_tag = True  # It is echoed as it came.
    if not has_tag:
        headers.set("To", f"{to};tag={tag}")


def parse_message(octets: bytes, limits: Limits = LIMITS) -> Message:
    """
    Read one whole message, such as a datagram (section 18.3).

    Header fields stay unread, but for Content-Length. Octets behind the body that it names are
    dropped; a body that is shorter is an error. Raises ``PeerError``.
    """
    start = _skip_empty_lines(octets)
    end = octets.find(END, start)
    if end < 0:
        found = octets[-16:]
        raise MalformedMessage(
            found, at=len(octets) - len(found), expected="an empty line after the header fields"
        )
    start_line, fields = split_head(octets[start:end], limits)
    body = _cut_body(octets[end + len(END) :], content_length(fields), limits)
    headers = Headers.from_wire(fields)
    if start_line[:4].upper() == "SIP/":
        status, reason = parse_status_line(start_line)
        return Response(status, reason, headers, body)
    method, uri = _parse_request_line(start_line)
    return Request(method, uri, headers, body)


def _skip_empty_lines(octets: bytes) -> int:
    """Pass over empty lines before the message (section 7.5)."""
    start = 0
    while octets.startswith(b"\r\n", start):
        start += 2
    return start


def _cut_body(rest: bytes, length: int | None, limits: Limits) -> bytes:
    limits.check_body(len(rest) if length is None else length)
    if length is None or length == len(rest):
        return rest
    if length > len(rest):
        raise MalformedMessage(
            str(length).encode(),
            at=0,
            expected=f"at most {len(rest)}, the octets of body that came",
            where="Content-Length",
        )
    return rest[:length]


def _parse_request_line(line: str) -> tuple[str, Uri]:
    parts = line.split(" ")
    if len(parts) != 3:
        Scanner(line, "start-line").fail("method, URI and version with one space between them")
    method, uri, version = parts
    if not is_token(method):
        Scanner(line, "start-line").fail("a method")
    if version.upper() != VERSION:
        _refuse_version(version)
    return method, Uri.parse(uri, "Request-URI")


def parse_status_line(line: str) -> tuple[int, str]:
    """Read status code and reason phrase; raises ``PeerError``."""
    version, _, rest = line.partition(" ")
    if version.upper() != VERSION:
        _refuse_version(version)
    status, _, reason = rest.partition(" ")
    if not (len(status) == 3 and status.isascii() and status.isdigit() and "1" <= status[0] < "7"):
        Scanner(rest, "status-line").fail("a status code from 100 to 699")
    return int(status), reason


def _refuse_version(version: str) -> None:
    name, _, number = version.partition("/")
    if name.upper() == "SIP" and number.replace(".", "", 1).isdecimal():
        raise UnsupportedVersion(version)
    Scanner(version, "start-line, version").fail(VERSION)


def _write(start_line: str, headers: Headers, body: bytes) -> bytes:
    if "\r" in start_line or "\n" in start_line:
        raise Misuse(f"{start_line!r} is no start-line")
    lines = [start_line]
    lines += [f"{name}: {value}" for name, value in headers if name != "Content-Length"]
    lines.append(f"Content-Length: {len(body)}\r\n\r\n")
    return to_octets("\r\n".join(lines)) + body
