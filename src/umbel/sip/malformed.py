"""Answering what cannot be read: a response from whatever can be recovered (RFC 3261 section 16.3).

The answer to a malformed request is made of the raw lines of Via, From, To, Call-ID and CSeq.
Nobody can match it without a Via; then, and for ACK and responses, there is no answer.
"""

from umbel.core.errors import PeerError

from .errors import SipError
from .grammar import is_token, to_octets, to_text
from .header_names import spelled
from .headers import Headers
from .message import Request, Response, add_to_tag
from .status import phrase_of

_ECHOED = frozenset({"Via", "From", "To", "Call-ID", "CSeq"})

_LONGEST_REASON = 200
_MOST_LINES = 512
_LONGEST_HEAD = 64 * 1024


def response_to(octets: bytes, error: PeerError, *, to_tag: str | None = None) -> Response | None:
    """Answer a message that ``parse_message`` refused with *error*; ``None``: no answer can be."""
    head = to_text(octets.lstrip(b"\r\n")[:_LONGEST_HEAD].partition(b"\r\n\r\n")[0])
    lines = _unfolded(head.split("\r\n")[:_MOST_LINES])
    method = lines[0].partition(" ")[0] if lines else ""
    if not is_token(method) or " " not in lines[0] or method == "ACK":
        return None
    return _answer(_echoed(lines[1:]), error, to_tag)


def rejection(request: Request, error: PeerError, *, to_tag: str | None = None) -> Response | None:
    """Answer a request that ``validate_request`` refused with *error*."""
    if request.method == "ACK":
        return None
    return _answer(
        [(name, value) for name, value in request.headers if name in _ECHOED], error, to_tag
    )


def reason_phrase(error: PeerError) -> str:
    """Say in a reason phrase what was wrong and where (section 21.4.1)."""
    text = "".join(one if one.isprintable() else "?" for one in str(error))
    shown = to_octets(text)[:_LONGEST_REASON].decode("utf-8", "ignore")
    return f"{phrase_of(error.status)} ({shown})"


def _answer(echoed: list[tuple[str, str]], error: PeerError, to_tag: str | None) -> Response | None:
    if not any(name == "Via" for name, _ in echoed):
        return None
    response = Response(error.status, reason_phrase(error), Headers.from_wire(echoed))
    if to_tag is not None:
        add_to_tag(response.headers, to_tag)
    for name, value in error.headers if isinstance(error, SipError) else ():
        response.headers.add(name, value)
    return response


def _unfolded(lines: list[str]) -> list[str]:
    whole: list[list[str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and whole:
            whole[-1].append(line.strip(" \t"))
        else:
            whole.append([line])
    return [" ".join(pieces) for pieces in whole]


def _echoed(lines: list[str]) -> list[tuple[str, str]]:
    """Give the lines to echo, without any that could not be sent as a line."""
    found = []
    for line in lines:
        name, colon, value = line.partition(":")
        name, value = spelled(name.strip(" \t")), value.strip(" \t")
        if colon and name in _ECHOED and value and "\r" not in value and "\n" not in value:
            found.append((name, value))
    return found
