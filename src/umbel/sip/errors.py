"""What a peer can do wrong in SIP; each error knows the status that answers it.

PeerError
├── MalformedMessage          400   the grammar does not allow these bytes
│   └── MissingHeader         400   a header that must be there is not
├── InconsistentMessage       400   well-formed parts that contradict each other
├── UriTooLong                414
├── UnsupportedMediaType      415
├── UnsupportedUriScheme      416
├── UnsupportedExtension      420
├── SessionIntervalTooSmall   422
├── IntervalTooBrief          423
├── UnknownDialog             481
├── LoopDetected              482
├── TooManyHops               483
├── UnknownEventPackage       489
├── UnknownMethod             501
├── UnsupportedVersion        505
└── MessageTooLarge           513
"""

from typing import ClassVar

from umbel.core.errors import PeerError

from .status import Status

_SHOWN = 24
"""How many bytes of what was found an error message shows."""


class SipError(PeerError):
    """A peer broke a rule of SIP. Answerable: knows the status and the headers of the answer."""

    status: ClassVar[int] = Status.BAD_REQUEST

    headers: tuple[tuple[str, str], ...] = ()
    """Header fields that the response must carry, such as Unsupported with a 420."""


class MalformedMessage(SipError):
    """Bytes that the grammar of RFC 3261 section 25 does not allow."""

    def __init__(self, found: bytes, *, at: int, expected: str, where: str = "") -> None:
        seen = repr(found[:_SHOWN]) if found else "the end"
        super().__init__(f"{where or 'message'}, byte {at}: found {seen}, expected {expected}")
        self.found, self.at, self.expected, self.where = found, at, expected, where


class MissingHeader(MalformedMessage):
    """A header field that must be there (RFC 3261 section 8.1.1) is not."""

    def __init__(self, name: str) -> None:
        super().__init__(b"", at=0, expected=f"a {name} header field", where=name)
        self.args = (f"no {name} header field",)


class InconsistentMessage(SipError):
    """Parts that are well-formed each, but contradict each other."""


class UriTooLong(SipError):
    """A Request-URI beyond our limit."""

    status = Status.REQUEST_URI_TOO_LONG


class UnsupportedMediaType(SipError):
    """A body of a type, or with an encoding, that we cannot read (RFC 3261 section 8.2.3)."""

    status = Status.UNSUPPORTED_MEDIA_TYPE

    def __init__(self, found: str, *, accepted: tuple[str, ...]) -> None:
        super().__init__(f"body of type {found}, expected {' or '.join(accepted)}")
        self.headers = (("Accept", ", ".join(accepted)),)


class UnsupportedUriScheme(SipError):
    """A Request-URI of a scheme that we do not serve (RFC 3261 section 8.2.2.1)."""

    status = Status.UNSUPPORTED_URI_SCHEME

    def __init__(self, scheme: str) -> None:
        super().__init__(f"Request-URI of scheme {scheme}, expected sip, sips or tel")
        self.scheme = scheme


class UnsupportedExtension(SipError):
    """An option in Require that we do not understand (RFC 3261 section 8.2.2.3)."""

    status = Status.BAD_EXTENSION

    def __init__(self, options: tuple[str, ...]) -> None:
        super().__init__(f"Require: {', '.join(options)} not supported")
        self.options = options
        self.headers = (("Unsupported", ", ".join(options)),)


class SessionIntervalTooSmall(SipError):
    """A Session-Expires below our minimum (RFC 4028 section 9)."""

    status = Status.SESSION_INTERVAL_TOO_SMALL

    def __init__(self, found: int, *, minimum: int) -> None:
        super().__init__(f"Session-Expires: found {found} s, expected at least {minimum} s")
        self.headers = (("Min-SE", str(minimum)),)


class IntervalTooBrief(SipError):
    """An expiration below our minimum (RFC 3261 section 21.4.17)."""

    status = Status.INTERVAL_TOO_BRIEF

    def __init__(self, found: int, *, minimum: int) -> None:
        super().__init__(f"Expires: found {found} s, expected at least {minimum} s")
        self.headers = (("Min-Expires", str(minimum)),)


class UnknownDialog(SipError):
    """A request inside a dialog that we do not have (RFC 3261 section 12.2.2)."""

    status = Status.CALL_OR_TRANSACTION_DOES_NOT_EXIST


class LoopDetected(SipError):
    """The same request came by two ways (RFC 3261 section 8.2.2.2)."""

    status = Status.LOOP_DETECTED


class TooManyHops(SipError):
    """Max-Forwards ran out (RFC 3261 section 8.1.1.6)."""

    status = Status.TOO_MANY_HOPS


class UnknownEventPackage(SipError):
    """An Event that we do not serve (RFC 6665 section 7.1)."""

    status = Status.BAD_EVENT

    def __init__(self, package: str, *, allowed: tuple[str, ...]) -> None:
        super().__init__(f"Event: found {package}, expected {' or '.join(allowed)}")
        self.headers = (("Allow-Events", ", ".join(allowed)),)


class UnknownMethod(SipError):
    """A method that we do not implement (RFC 3261 section 8.2.1)."""

    status = Status.NOT_IMPLEMENTED

    def __init__(self, method: str, *, allowed: tuple[str, ...]) -> None:
        super().__init__(f"method {method} is not implemented")
        self.headers = (("Allow", ", ".join(allowed)),)


class UnsupportedVersion(SipError):
    """A SIP version other than 2.0 (RFC 3261 section 21.5.6)."""

    status = Status.VERSION_NOT_SUPPORTED

    def __init__(self, version: str) -> None:
        super().__init__(f"start-line: found version {version[:_SHOWN]}, expected SIP/2.0")
        self.version = version


class MessageTooLarge(SipError):
    """A message beyond one of our limits (RFC 3261 section 21.5.7)."""

    status = Status.MESSAGE_TOO_LARGE

    def __init__(self, found: int, *, limit: int, of: str) -> None:
        super().__init__(f"found {found} {of}, expected at most {limit}")
        self.limit = limit
