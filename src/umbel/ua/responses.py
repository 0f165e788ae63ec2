"""The responses that we give: what each must carry besides what its request dictates."""

from umbel.core.errors import PeerError
from umbel.sip.errors import MalformedMessage, SipError
from umbel.sip.grammar import quoted
from umbel.sip.hop import Source
from umbel.sip.message import Request, Response
from umbel.sip.reason import Reason

from .bodies import SESSION_DESCRIPTION
from .local import LocalIdentity

ALLOW = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE", "NOTIFY")
"""The methods that we take (RFC 3261 section 20.5)."""

ACCEPT = (SESSION_DESCRIPTION, "application/dtmf-relay", "application/dtmf", "message/sipfrag")
SUPPORTED = ("timer",)
"""The extensions that we know (RFC 4028)."""

ALLOW_EVENTS = ("refer",)

Fields = tuple[tuple[str, str], ...]
"""Header fields, as names and values."""

ABILITIES: Fields = (("Allow", ", ".join(ALLOW)), ("Supported", ", ".join(SUPPORTED)))
"""What every INVITE, and every 2xx to one, says of us."""


def response_to(
    request: Request,
    status: int,
    identity: LocalIdentity,
    *,
    to_tag: str,
    reason: str = "",
    fields: Fields = (),
    body: bytes = b"",
) -> Response:
    """Build a response; a *body* is a session description."""
    response = request.create_response(status, reason or None, to_tag)
    response.headers.add("Server", identity.product)
    for name, value in fields:
        response.headers.add(name, value)
    if body:
        response.headers.add("Content-Type", SESSION_DESCRIPTION)
        response.body = body
    return response


def contact_field(request: Request, source: Source, identity: LocalIdentity) -> Fields:
    """Give our Contact for a response to *request* (RFC 3261 section 12.1.1)."""
    contact = identity.contact(
        source.transport, source.address, secure=request.uri.scheme == "sips"
    )
    return (("Contact", str(contact)),)


def refusal_fields(error: PeerError, identity: LocalIdentity) -> Fields:
    """Say in a Warning what was found wrong, and what the error demands to be said."""
    demanded = error.headers if isinstance(error, SipError) else ()
    return (*demanded, warning(str(error), identity))


def warning(text: str, identity: LocalIdentity) -> tuple[str, str]:
    """Write a Warning for people: 399, miscellaneous (RFC 3261 section 20.43)."""
    return ("Warning", f"399 {identity.addresses[0].host} {quoted(text)}")


def reason_field(status: int, text: str) -> Fields:
    """Say why a call ends, in a Reason header (RFC 3326); nothing where there is nothing to say."""
    return (("Reason", str(Reason(protocol="SIP", cause=status, text=text))),) if text else ()


def abilities() -> Fields:
    """Say all that we can, as an answer to OPTIONS does (section 11.2)."""
    return (
        *ABILITIES,
        ("Accept", ", ".join(ACCEPT)),
        ("Accept-Encoding", "identity"),
        ("Accept-Language", "en"),
        ("Allow-Events", ", ".join(ALLOW_EVENTS)),
    )


def reason_in(message: Request | Response) -> str:
    """Give the reason that a message tells, for people; empty where it tells none."""
    try:
        reasons = message.reasons
    except MalformedMessage:
        return ""  # It would only have told what is known without it.
    return next((_in_words(reason) for reason in reasons), "")


def _in_words(reason: Reason) -> str:
    return reason.text or f"{reason.protocol} cause {reason.cause}"
