"""Which transaction a message belongs to (RFC 3261 sections 9.2, 17.1.3 and 17.2.3)."""

from umbel.core.identifiers import Randomness
from umbel.sip.message import Request, Response

MAGIC_COOKIE = "z9hG4bK"
"""Begins every branch that is unique as RFC 3261 demands (section 8.1.1.7)."""


def new_branch(randomness: Randomness) -> str:
    """Make a branch that no other transaction has."""
    return MAGIC_COOKIE + randomness.token(12)


def client_key(message: Request | Response) -> str:
    """Name the client transaction of a request of ours, or of a response to it (17.1.3)."""
    return f"{message.via.branch} {message.cseq.method}"


def server_key(request: Request, method: str | None = None) -> str:
    """
    Name the server transaction that *request* belongs to (17.2.3).

    An ACK belongs to its INVITE. *method* instead of the request's own asks for the
    transaction that a CANCEL means.
    """
    method = method or ("INVITE" if request.method == "ACK" else request.method)
    via = request.via
    if via.branch is not None and via.branch.startswith(MAGIC_COOKIE):
        return f"{via.branch} from {via.host.lower()}:{via.port or ''} {method}"
    return _rfc2543_key(request, method)


def merge_key(request: Request) -> str | None:
    """Name what a request that came by two ways has in common (8.2.2.2); ``None``: in a dialog."""
    if request.to.tag is not None:
        return None
    return f"{request.from_.tag} {request.call_id} {request.cseq.number} {request.cseq.method}"


def _rfc2543_key(request: Request, method: str) -> str:
    # The To tag stays out: an ACK carries the one that our response introduced.
    fields = (request.uri, request.from_.tag, request.call_id, request.cseq.number, request.via)
    return " ".join(map(str, (*fields, method)))
