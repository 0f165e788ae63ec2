"""What a request must fulfil before anybody looks at what it asks (RFC 3261 section 8.2)."""

from umbel.sip.errors import (
    LoopDetected,
    SipError,
    UnknownDialog,
    UnknownMethod,
    UnsupportedExtension,
    UnsupportedMediaType,
)
from umbel.sip.message import Request
from umbel.sip.status import Status

from .responses import ACCEPT, ALLOW, SUPPORTED

KNOWN_METHODS = frozenset({*ALLOW, "REFER", "REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE", "PRACK"})
"""Methods that deserve 405, because we know what they mean; any other gets 501."""

DIALOG_METHODS = frozenset({"BYE", "INFO", "UPDATE", "NOTIFY", "PRACK"})
"""Methods that mean nothing outside of a dialog."""


class MethodNotAllowed(SipError):
    """A method that we know and do not take (section 8.2.1)."""

    status = Status.METHOD_NOT_ALLOWED

    def __init__(self, method: str) -> None:
        super().__init__(f"{method} is not taken here")
        self.headers = (("Allow", ", ".join(ALLOW)),)


def screen(request: Request, *, is_merged: bool) -> None:
    """
    Check a request, in the order of section 8.2; a ``SipError`` says how to refuse it.

    Max-Forwards is not looked at: it limits how often a request is forwarded, and we are where
    it ends (RFC 4475 section 3.3.11: an endpoint takes a request with Max-Forwards 0).
    """
    if request.method not in KNOWN_METHODS:
        raise UnknownMethod(request.method, allowed=ALLOW)
    if is_merged:
        raise LoopDetected("the same request came by another way before")
    _check_extensions(request)
    _check_encoding(request)
    _check_place(request)


def _check_extensions(request: Request) -> None:
    unknown = tuple(option for option in request.require if option.lower() not in SUPPORTED)
    if unknown and request.method not in ("ACK", "CANCEL"):
        raise UnsupportedExtension(unknown)


def _check_encoding(request: Request) -> None:
    encoding = request.headers.get("Content-Encoding")
    if request.body and encoding is not None and encoding.strip().lower() != "identity":
        raise UnsupportedEncoding(encoding)


def _check_place(request: Request) -> None:
    """Tell methods of dialogs from those outside (section 12.2.2)."""
    if request.to.tag is not None:
        return
    if request.method in DIALOG_METHODS:
        raise UnknownDialog(f"{request.method} outside of a dialog")
    if request.method not in ALLOW:
        raise MethodNotAllowed(request.method)


class UnsupportedEncoding(UnsupportedMediaType):
    """A body in an encoding that we cannot read (section 8.2.3)."""

    def __init__(self, encoding: str) -> None:
        super().__init__(f"with Content-Encoding {encoding}", accepted=ACCEPT)
        self.headers = (*self.headers, ("Accept-Encoding", "identity"))
