"""Keys that come by SIP INFO (RFC 6086 keeps this use as it found it)."""

from umbel.sip.errors import SipError, UnsupportedMediaType
from umbel.sip.message import Request
from umbel.sip.status import Status

from .bodies import media_type

DTMF_RELAY = "application/dtmf-relay"
DTMF = "application/dtmf"

_NAMES = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D", "STAR": "*"}
"""How some peers write what is no digit: by the event number of RFC 4733, or by name."""

KEYS = frozenset("0123456789*#ABCD")


class UnknownInfoPackage(SipError):
    """An INFO of a package that we did not ask for (RFC 6086 section 4.2.2)."""

    status = Status.BAD_INFO_PACKAGE
    headers = (("Recv-Info", ""),)


class UnreadableKey(SipError):
    """An INFO that should name a key and names none."""


def key_of(info: Request) -> str | None:
    """
    Give the key that an INFO signals; ``None``: it has no body and only asks whether we are there.

    A ``SipError`` says why it cannot be taken.
    """
    if (package := info.headers.get("Info-Package")) is not None:
        raise UnknownInfoPackage(f"Info-Package: found {package}, none was asked for")
    if not info.body:
        return None
    kind = media_type(info.headers.get("Content-Type") or "")
    match kind:
        case "application/dtmf-relay":
            return _key(_signal(info.body), info.body)
        case "application/dtmf":
            return _key(info.body.strip(), info.body)
        case _:
            raise UnsupportedMediaType(kind or "unknown", accepted=(DTMF_RELAY, DTMF))


def _signal(body: bytes) -> bytes:
    """Give the value of the line ``Signal=…``."""
    for line in body.splitlines():
        name, _, value = line.partition(b"=")
        if name.strip().lower() == b"signal":
            return value.strip()
    return b""


def _key(signal: bytes, body: bytes) -> str:
    text = signal.decode("ascii", "replace").upper()
    key = _NAMES.get(text, text)
    if key not in KEYS:
        raise UnreadableKey(f"INFO body: found {body[:24]!r}, expected a key of a telephone")
    return key
