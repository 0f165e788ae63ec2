"""Usual OPTIONS, read and answered as octets (RFC 3261 sections 8.2.6, 8.2.7 and 18.2.1, RFC 3581).

Peers ask with OPTIONS all day whether we are alive, each in the same few words. Such a request is
read here without making a ``Request`` of it, and its answer is, octet by octet, what the way over
``Request`` writes. Whatever is not usual goes that way: what this module gives up on is no error.

Nothing is believed here that the ordinary parser would refuse: it is the ordinary parser that
judges each line, once, and its judgement on lines that come again and again is remembered.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Final

from umbel.core.errors import PeerError

from .address import Address
from .grammar import TOKEN, TOKEN_OR_HOST, is_token, to_octets, to_text
from .header_names import ONCE, spelled
from .hop import Source, Transport
from .host import HIGHEST_PORT
from .message import Request, parse_message
from .transaction.return_path import is_same_host
from .validate import MAGIC_COOKIE, READ_OF_REQUESTS, validate_request
from .via import Via

_BEGINNING: Final = b"OPTIONS "
_LARGEST: Final = 4096
"""Octets of a message that may be usual."""
_LONGEST: Final = 300
"""Octets of a line on which the judgement is remembered: peers decide what comes."""
_MOST_LINES: Final = 48

_COOKIE: Final = MAGIC_COOKIE.encode()
_VIA: Final = re.compile(
    rf"(SIP/2\.0/[A-Z]++ [^;, \t\r\n]++)((?:;[a-z0-9-]++(?:=[{TOKEN_OR_HOST}]++)?)++)".encode()
).fullmatch
"""A Via of one hop, without white space, quotes and capitals where they would not be written so."""
_SEQUENCE: Final = re.compile(rb"[0-9]{1,9}+[ \t]++OPTIONS").fullmatch
_TAG: Final = re.compile(rf"[{TOKEN}]++".encode()).fullmatch
_WORD: Final = re.compile(rb"[^ \t]++").fullmatch
_NO_BODY: Final = [b"0"]
_NOT_OF_THE_TOP: Final = (b"received", b"maddr")
"""What a peer writes into its own Via only for a reason."""

_FRAME: Final = (
    b"Via: SIP/2.0/UDP a;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=a\r\nTo: <sip:a@b>\r\n"
    b"Call-ID: a\r\nCSeq: 1 OPTIONS\r\n"
)
"""What a line needs around it to be judged."""


class _Use(Enum):
    """What a header field means to the answer."""

    ECHOED = auto()
    """Part of it, or needed to make it."""
    READ = auto()
    """Read by the ordinary way, which must find it good."""
    READ_ONCE = auto()
    UNREAD = auto()
    """Of no meaning to us, whatever it says."""
    UNREAD_ONCE = auto()
    UNUSUAL = auto()


_ECHOED: Final = frozenset({"Via", "From", "To", "Call-ID", "CSeq", "Content-Length"})
_UNUSUAL: Final = frozenset({"Require", "Proxy-Require", "Record-Route", "Content-Encoding"})
_READ: Final = frozenset(name for name, _ in READ_OF_REQUESTS)


@dataclass(slots=True)
class UsualOptions:
    """OPTIONS outside of a dialog, without a body, on which every check of a request has passed."""

    vias: tuple[bytes, ...]
    """The values of the Via lines, the top one first."""
    from_: bytes
    to: bytes
    call_id: bytes
    cseq: bytes
    hop: Via
    """The top Via, without its parameters."""
    hop_written: bytes
    parameters: dict[bytes, bytes | None]
    """Those of the top Via, in their order."""

    @property
    def transaction(self) -> str:
        """Name its server transaction, as ``matching.server_key`` does."""
        branch, hop = to_text(self.parameters[b"branch"] or b""), self.hop
        return f"{branch} from {hop.host.lower()}:{hop.port or ''} OPTIONS"

    @property
    def identity(self) -> bytes:
        """Give what is the same in each repetition of the request, and in no other request."""
        return b"\n".join((self.vias[0], self.from_, self.call_id, self.cseq))

    def port_back(self, source: Source) -> int:
        """Give the port that the answer goes to by UDP, at the address that the request came from."""
        if b"rport" in self.parameters:
            return source.port
        return self.hop.port or source.transport.default_port

    def answer(self, source: Source, tag: bytes, rest: bytes) -> bytes:
        """Write the 200; *rest* is all that follows CSeq, with the empty line at the end."""
        top, *others = self.vias
        vias = b"\r\nVia: ".join((self._top_via(top, source), *others))
        return (
            b"SIP/2.0 200 OK\r\nVia: %b\r\nFrom: %b\r\nTo: %b;tag=%b\r\nCall-ID: %b\r\nCSeq: %b\r\n%b"
            % (vias, self.from_, self.to, tag, self.call_id, self.cseq, rest)
        )

    def _top_via(self, written: bytes, source: Source) -> bytes:
        """Note in it where the request really came from, as far as that has to be said."""
        parameters = self.parameters
        if b"rport" in parameters:
            noted = {b"rport": b"%d" % source.port, b"received": source.address.encode()}
        elif is_same_host(self.hop.host, source.address):
            return written
        else:
            noted = {b"received": source.address.encode()}
        pieces = [self.hop_written]
        for name, value in (parameters | noted).items():
            pieces.append(name if value is None else b"%b=%b" % (name, value))
        return b";".join(pieces)


def usual_options(message: bytes) -> UsualOptions | None:
    """Read a whole message; ``None``: it is no OPTIONS, or one that is to take the ordinary way."""
    if not message.startswith(_BEGINNING) or len(message) > _LARGEST:
        return None
    if not message.endswith(b"\r\n\r\n"):
        return None  # It has a body, or octets behind it.
    lines = message[:-4].split(b"\r\n")
    breaks = len(lines) + 1
    if message.count(b"\r") != breaks or message.count(b"\n") != breaks or breaks > _MOST_LINES:
        return None
    if not _is_good_start(lines[0]):
        return None
    found = _sorted_out(lines)
    return None if found is None else _read(found)


_Found = dict[str, list[bytes]]
"""Values by the names of their header fields."""


def _sorted_out(lines: list[bytes]) -> _Found | None:
    """Give the values that the answer is made of; ``None`` where a line is not usual."""
    layout = _layouts.get(len(lines))
    if layout is None or (found := _laid_out(lines, layout)) is None:
        found = _looked_at(lines)
        if found is not None:
            _layouts[len(lines)] = tuple(map(_place_of, lines))
    return found


_Layout = tuple[tuple[bytes, str], ...]
"""Of each line the beginning, and what its value is; where that is empty, the whole of it."""
_layouts: Final[dict[int, _Layout]] = {}
"""Of the usual message seen last that has so many lines: the next one is likely of the same peer."""


def _laid_out(lines: list[bytes], layout: _Layout) -> _Found | None:
    """Do the same for a message in which only values differ; ``None``: there are other lines."""
    found: _Found = {}
    for line, (text, spelling) in zip(lines, layout, strict=True):
        if not spelling:
            if line != text:
                return None
        elif line.startswith(text):
            found.setdefault(spelling, []).append(line[len(text) :].strip(b" \t"))
        else:
            return None
    return found


def _place_of(line: bytes) -> tuple[bytes, str]:
    name, colon, _ = line.partition(b":")
    use, spelling = _use_of(name)
    return (name + colon, spelling) if use is _Use.ECHOED and colon else (line, "")


def _looked_at(lines: list[bytes]) -> _Found | None:
    found: _Found = {}
    once: set[str] = set()
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        use, spelling = _use_of(name)
        if use is _Use.ECHOED and colon:
            found.setdefault(spelling, []).append(value.strip(b" \t"))
            continue
        if not colon or not _is_usual(use, line):
            return None
        if use is _Use.READ_ONCE or use is _Use.UNREAD_ONCE:
            if spelling in once:
                return None
            once.add(spelling)
    return found


def _is_usual(use: _Use, line: bytes) -> bool:
    """Say whether a line that is not echoed may be there."""
    if use is _Use.READ or use is _Use.READ_ONCE:
        return len(line) <= _LONGEST and _is_good_line(line)
    return use is not _Use.UNUSUAL


def _read(found: _Found) -> UsualOptions | None:
    try:
        vias = found["Via"]
        (from_,), (to,), (call_id,) = found["From"], found["To"], found["Call-ID"]
        (cseq,), length = found["CSeq"], found.get("Content-Length", _NO_BODY)
    except (KeyError, ValueError):
        return None  # There is none of them, or more than one.
    top = _hop_and_parameters(vias[0])
    if top is None or not _is_usual_top(top[2]) or not all(map(_hop_and_parameters, vias[1:])):
        return None
    is_usual = (
        _is_from(from_)
        and _is_tagless(to)
        and _WORD(call_id)
        and _SEQUENCE(cseq)
        and length == _NO_BODY
    )
    if not is_usual:
        return None
    return UsualOptions(tuple(vias), from_, to, call_id, cseq, *top)


def _hop_and_parameters(value: bytes) -> tuple[Via, bytes, dict[bytes, bytes | None]] | None:
    """Read a Via; ``None`` where it is not written in the usual way."""
    via = _VIA(value)
    if via is None or (hop := _hop(via[1])) is None:
        return None
    pieces = via[2].split(b";")[1:]
    parameters: dict[bytes, bytes | None] = {}
    for piece in pieces:
        name, mark, text = piece.partition(b"=")
        parameters[name] = text if mark else None
    if len(parameters) < len(pieces):
        return None
    rport = parameters.get(b"rport")
    return None if rport is not None and not _is_port(rport) else (*hop, parameters)


def _is_port(text: bytes) -> bool:
    return text.isdigit() and len(text) < 6 and int(text) <= HIGHEST_PORT


def _is_usual_top(parameters: dict[bytes, bytes | None]) -> bool:
    branch = parameters.get(b"branch")
    return (
        branch is not None
        and branch.startswith(_COOKIE)
        and len(branch) > len(_COOKIE)
        and parameters.get(b"rport") is None
        and not any(name in parameters for name in _NOT_OF_THE_TOP)
    )


def _is_from(value: bytes) -> bool:
    """Say whether it is an address and a tag behind all other parameters."""
    address, mark, tag = value.rpartition(b";tag=")
    if not mark:
        return _is_tagless(value)
    return _TAG(tag) is not None and _is_tagless(address)


def _is_tagless(value: bytes) -> bool:
    return len(value) <= _LONGEST and _is_address_without_tag(value)


# --- what the ordinary parser says, remembered ---------------------------------------------------


@lru_cache(maxsize=1024)
def _use_of(name: bytes) -> tuple[_Use, str]:
    """Say what a header field of this name means, and how the name is spelled."""
    text = to_text(name)
    if not is_token(text):
        return _Use.UNUSUAL, ""
    spelling = spelled(text)
    if spelling in _UNUSUAL:
        return _Use.UNUSUAL, spelling
    if spelling in _ECHOED:
        return _Use.ECHOED, spelling
    if spelling.lower() in _READ:
        return (_Use.READ_ONCE if spelling in ONCE else _Use.READ), spelling
    return (_Use.UNREAD_ONCE if spelling in ONCE else _Use.UNREAD), spelling


@lru_cache(maxsize=1024)
def _is_good_start(line: bytes) -> bool:
    return _is_good(line, b"")


@lru_cache(maxsize=2048)
def _is_good_line(line: bytes) -> bool:
    return _is_good(b"OPTIONS sip:a SIP/2.0", line + b"\r\n")


def _is_good(start: bytes, more: bytes) -> bool:
    """Say whether an OPTIONS is good that has this start-line, and more lines than it must have."""
    try:
        message = parse_message(b"%b\r\n%b%b\r\n" % (start, _FRAME, more))
        if not isinstance(message, Request):
            return False
        validate_request(message)
    except PeerError:
        return False
    return message.method == "OPTIONS"


@lru_cache(maxsize=1024)
def _is_address_without_tag(value: bytes) -> bool:
    """Say whether it is one address, and one that has no tag."""
    try:
        return Address.parse(to_text(value)).tag is None
    except PeerError:
        return False


@lru_cache(maxsize=1024)
def _hop(value: bytes) -> tuple[Via, bytes] | None:
    """Read a Via without parameters, and write it; ``None`` where it is not good, or not of ours."""
    try:
        via = Via.parse(to_text(value))
    except PeerError:
        return None
    return (via, to_octets(str(via))) if via.transport in Transport.__members__ else None
