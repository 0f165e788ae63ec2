"""ACK to a refusal, and CANCEL: what follows an INVITE along the very way that it took."""

from umbel.sip.headers import Headers
from umbel.sip.message import Request, Response

MAX_FORWARDS = "70"


def ack_for(invite: Request, response: Response) -> Request:
    """Build the ACK to a final response other than 2xx (RFC 3261 section 17.1.1.3)."""
    ack = _following(invite, "ACK")
    to = response.headers.get("To")
    if to is not None:
        ack.headers.set("To", to)
    return ack


def cancel_for(invite: Request, headers: tuple[tuple[str, str], ...] = ()) -> Request:
    """Build the CANCEL of an INVITE that has not been answered (RFC 3261 section 9.1)."""
    cancel = _following(invite, "CANCEL")
    for name, value in headers:
        cancel.headers.add(name, value)
    return cancel


def _following(invite: Request, method: str) -> Request:
    headers = Headers()
    headers.add("Via", str(invite.via))
    headers.add("Max-Forwards", MAX_FORWARDS)
    for name in ("Route", "From", "To", "Call-ID"):
        for value in invite.headers.get_all(name):
            headers.add(name, value)
    headers.add("CSeq", f"{invite.cseq.number} {method}")
    return Request(method=method, uri=invite.uri, headers=headers)
