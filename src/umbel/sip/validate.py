"""What a message must have and be before anybody looks at what it asks (RFC 3261 sections 8.1.1, 8.2).

Everything that a user agent reads later is read here once, so that a header field that passed
raises no error afterwards. Header fields that nobody reads are not looked at (section 8.2.2).
"""

from collections import Counter
from collections.abc import Callable

from .errors import InconsistentMessage, MalformedMessage, MissingHeader, UnsupportedUriScheme
from .grammar import to_octets
from .header_names import ONCE
from .message import Message, Request, Response

MANDATORY = ("Via", "From", "To", "Call-ID", "CSeq")
"""In every message. Max-Forwards is not: RFC 2543 knew none, and we are where requests end."""

MAGIC_COOKIE = "z9hG4bK"

_SERVED_SCHEMES = ("sip", "sips", "tel")

_ESSENTIAL: tuple[Callable[[Message], object], ...] = (
    lambda message: message.vias,
    lambda message: message.from_,
    lambda message: message.to,
    lambda message: message.call_id,
    lambda message: message.cseq,
    lambda message: message.record_routes,
    lambda message: message.contacts,
)

_OF_REQUESTS: tuple[Callable[[Request], object], ...] = (
    lambda request: request.max_forwards,
    lambda request: request.routes,
    lambda request: request.content_type,
    lambda request: request.expires,
    lambda request: request.require,
    lambda request: request.proxy_require,
    lambda request: request.supported,
    lambda request: request.allow,
    lambda request: request.accept,
    lambda request: request.session_expires,
    lambda request: request.min_se,
    lambda request: request.refer_to,
    lambda request: request.referred_by,
    lambda request: request.replaces,
    lambda request: request.asserted_identities,
    lambda request: request.diversions,
    lambda request: request.history_info,
    lambda request: request.reasons,
    lambda request: request.event,
    lambda request: request.subscription_state,
)


def validate_request(request: Request) -> None:
    """Check a request; a ``PeerError`` says what is wrong, where, and how to answer."""
    _check_once(request)
    _check_mandatory(request)
    _check_readable(request)
    _check_cseq(request)
    _check_branch(request)
    _check_uri(request)
    _check_contact(request)


def validate_response(response: Response) -> None:
    """Check a response; a ``PeerError`` says why it is to be dropped (section 8.1.3)."""
    _check_once(response)
    _check_mandatory(response)
    for read in _ESSENTIAL:
        read(response)
    if len(response.vias) > 1:
        raise InconsistentMessage(f"Via: found {len(response.vias)} hops, expected ours alone")


def _check_mandatory(message: Message) -> None:
    for name in MANDATORY:
        if name not in message.headers:
            raise MissingHeader(name)


def _check_once(message: Message) -> None:
    """Refuse what could be read in two ways (section 7.3.1)."""
    counts = Counter(name for name, _ in message.headers)
    for name, count in counts.items():
        if count > 1 and name in ONCE:
            second = message.headers.get_all(name)[1]
            raise MalformedMessage(
                to_octets(second), at=0, expected=f"no second {name}", where=name
            )


def _check_readable(request: Request) -> None:
    for read in _ESSENTIAL:
        read(request)
    for read_more in _OF_REQUESTS:
        read_more(request)


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
