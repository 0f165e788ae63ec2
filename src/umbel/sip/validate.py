"""What a message must have and be before anybody looks at what it asks (RFC 3261 sections 8.1.1, 8.2).

Everything that a user agent reads later is read here once, so that a header field that passed
raises no error afterwards. Header fields that nobody reads are not looked at (section 8.2.2).
"""

from collections import Counter

from .errors import InconsistentMessage, MalformedMessage, MissingHeader, UnsupportedUriScheme
from .grammar import to_octets
from .header_field import HeaderField
from .header_names import ONCE
from .message import Message, Request, Response

MANDATORY = ("Via", "From", "To", "Call-ID", "CSeq")
"""In every message. Max-Forwards is not: RFC 2543 knew none, and we are where requests end."""

MAGIC_COOKIE = "z9hG4bK"

_SERVED_SCHEMES = ("sip", "sips", "tel")

_ESSENTIAL: tuple[HeaderField[object], ...] = (
    Request.vias,
    Request.from_,
    Request.to,
    Request.call_id,
    Request.cseq,
    Request.record_routes,
    Request.contacts,
)

_OF_REQUESTS: tuple[HeaderField[object], ...] = (
    Request.max_forwards,
    Request.routes,
    Request.content_type,
    Request.expires,
    Request.require,
    Request.proxy_require,
    Request.supported,
    Request.allow,
    Request.accept,
    Request.session_expires,
    Request.min_se,
    Request.refer_to,
    Request.referred_by,
    Request.replaces,
    Request.asserted_identities,
    Request.diversions,
    Request.history_info,
    Request.reasons,
    Request.event,
    Request.subscription_state,
)

_Readers = tuple[tuple[str, HeaderField[object]], ...]
"""Header fields by their names in lower case."""

_READ_OF_RESPONSES: _Readers = tuple((field.key, field) for field in _ESSENTIAL)
READ_OF_REQUESTS: _Readers = (
    *_READ_OF_RESPONSES,
    *((field.key, field) for field in _OF_REQUESTS),
)


def validate_request(request: Request) -> None:
    """Check a request; a ``PeerError`` says what is wrong, where, and how to answer."""
    _check_once(request)
    _check_mandatory(request)
    _check_readable(request, READ_OF_REQUESTS)
    _check_cseq(request)
    _check_branch(request)
    _check_uri(request)
    _check_contact(request)


def validate_response(response: Response) -> None:
    """Check a response; a ``PeerError`` says why it is to be dropped (section 8.1.3)."""
    _check_once(response)
    _check_mandatory(response)
    _check_readable(response, _READ_OF_RESPONSES)
    if len(response.vias) > 1:
        raise InconsistentMessage(f"Via: found {len(response.vias)} hops, expected ours alone")


def _check_mandatory(message: Message) -> None:
    for name in MANDATORY:
        if name not in message.headers:
            raise MissingHeader(name)


def _check_once(message: Message) -> None:
    """Refuse what could be read in two ways (section 7.3.1)."""
    if len(message.headers.names) == len(message.headers):
        return  # Nothing comes twice.
    counts = Counter(name for name, _ in message.headers)
    for name, count in counts.items():
        if count > 1 and name in ONCE:
            second = message.headers.get_all(name)[1]
            raise MalformedMessage(
                to_octets(second), at=0, expected=f"no second {name}", where=name
            )


def _check_readable(message: Message, readers: _Readers) -> None:
    """Read what is there: of a header field that is not, there is nothing to be read."""
    headers = message.headers
    names = headers.names
    for name, field in readers:
        if name in names:
            headers.read(name, field.parse)


def _check_cseq(request: Request) -> None:
    if request.cseq.method != request.method:
        raise InconsistentMessage(
            f"CSeq: found method {request.cseq.method}, expected {request.method} as in the "
            "start-line"
        )


def _check_branch(request: Request) -> None:
    """Refuse a branch that claims to be unique and is empty (RFC 4475 section 3.2.1)."""
    if request.via.branch == MAGIC_COOKIE:
        raise InconsistentMessage(f"Via: found branch {MAGIC_COOKIE}, expected more after it")


def _check_uri(request: Request) -> None:
    """Refuse what means nothing in a Request-URI (sections 8.2.2.1 and 19.1.1)."""
    if request.uri.scheme not in _SERVED_SCHEMES:
        raise UnsupportedUriScheme(request.uri.scheme)
    for name in request.uri.headers:
        raise InconsistentMessage(f"Request-URI: found the header {name}, expected none")


def _check_contact(request: Request) -> None:
    """
    Refuse an INVITE that names several places for later requests (section 8.1.1.8).

    One that names none is of RFC 2543; its From is where they go.
    """
    if request.method == "INVITE" and len(request.contacts) > 1:
        raise InconsistentMessage(
            f"Contact: found {len(request.contacts)} addresses, expected one in an INVITE"
        )
