"""URIs: sip, sips (RFC 3261 section 19.1), tel (RFC 3966), and any other, kept as it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_to_bytes

from umbel.core.remembering import remembering

from .grammar import ENCODING, ESCAPE, Run, Scanner, run_of, to_octets, to_text
from .host import read_host, read_port, write_host
from .parameters import NONE, Parameters, as_parameters

_UNRESERVED = r"A-Za-z0-9_.!~*'()\-"
_IN_USER = _UNRESERVED + r"&=+$,;?/"
_IN_PARAMETER = _UNRESERVED + r"\[\]/:&+$"
_schemes = run_of(r"A-Za-z0-9+.\-")
_users = run_of(_IN_USER + "%")
_passwords = run_of(_UNRESERVED + r"%&=+$,")
_parameter_characters = run_of(_IN_PARAMETER + "%")
_header_characters = run_of(_UNRESERVED + r"%\[\]/?:+$")
_numbers = run_of(r"0-9A-Fa-f*#+().\-")
_opaque_characters = run_of(r"\x21\x23-\x3b\x3d\x3f-\x7e")
# Runs of characters are possessive, groups are not: Python 3.11.2, which Debian 12 has, stays where
# a possessive group has failed half-way.
_usual = re.compile(
    rf"(sips?):(?:([{_IN_USER}]++)@)?([A-Za-z0-9._\-]++)(?::([1-5][0-9]{{4}}|[0-9]{{1,4}}))?"
    rf"((?:;[{_IN_PARAMETER}]++(?:=[{_IN_PARAMETER}]++)?)*)\Z"
).match
"""A whole URI without escapes, password, headers and IPv6, which nearly all are."""

_escape = re.compile("%[0-9A-Fa-f]{2}")
_bad_escape = re.compile(r"%(?![0-9A-Fa-f]{2})").search
_VISUAL_SEPARATORS = str.maketrans("", "", "-.()")

_USER_SAFE = "!*'()&=+$,;?/"
_PASSWORD_SAFE = "!*'()&=+$,"
_PARAMETER_SAFE = "!*'()[]/:&+$"
_HEADER_SAFE = "!*'()[]/?:+$"
_RESERVED = b";/?:@&=+$,%"

_NEVER_IGNORED = ("user", "ttl", "method", "maddr", "transport")
"""Parameters that a URI without them does not match (section 19.1.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uri:
    """
    One URI. Its parts mean what they say: escapes are undone on reading, and made on writing.

    A URI that was read is written exactly as it was found; one that was made, or changed by
    ``dataclasses.replace``, is written from its parts.
    """

    scheme: str = "sip"
    """In lower case."""
    user: str | None = None
    """The user part; of a tel URI the number, without visual separators."""
    password: str | None = None
    host: str = ""
    """In lower case; an IPv6 address stands without brackets. Empty in a tel URI."""
    port: int | None = None
    parameters: Mapping[str, str | None] = NONE
    headers: Mapping[str, str | None] = NONE
    """What follows the question mark."""
    opaque: str = ""
    """All that follows the scheme, where it is none that we know."""
    _written: str = field(default="", init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.parameters, Parameters):
            object.__setattr__(self, "parameters", Parameters(self.parameters))
        if not isinstance(self.headers, Parameters):
            object.__setattr__(self, "headers", Parameters(self.headers))

    @classmethod
    def parse(cls, text: str | bytes, where: str = "URI") -> "Uri":
        """Read a URI; raises ``MalformedMessage``."""
        scanner = Scanner(to_text(text) if isinstance(text, bytes) else text, where)
        uri = read_uri(scanner)
        if scanner.at < len(scanner.text):
            scanner.fail("the end of the URI")
        return uri

    @property
    def is_sip(self) -> bool:
        """Whether this is a sip or a sips URI."""
        return self.scheme in ("sip", "sips")

    def is_equivalent(self, other: "Uri") -> bool:
        """Compare as section 19.1.4 says, which is laxer than ``==`` about parameters."""
        if self.scheme != other.scheme or not self.is_sip:
            return self == other
        return (
            _comparable_userinfo(self) == _comparable_userinfo(other)
            and (self.host, self.port) == (other.host, other.port)
            and _match(as_parameters(self.parameters), as_parameters(other.parameters))
            and self.headers == other.headers
        )

    def __str__(self) -> str:
        return self._written or _write(self)

    def __bytes__(self) -> bytes:
        return to_octets(str(self))


def read_uri(scanner: Scanner) -> Uri:
    """Read a URI, as far as it goes."""
    start = scanner.at
    usual = _usual(scanner.text, start)
    if usual is not None:
        known = _usual_uri(usual[0])
        if known is not None:
            scanner.at = usual.end()
            return known
    uri = _read_unusual(scanner)
    object.__setattr__(uri, "_written", scanner.text[start : scanner.at])
    return uri


@remembering(most=1024, longest=256)
def _usual_uri(text: str) -> Uri | None:
    """
    Make a URI of a usual *text*; ``None``: a parameter comes twice.

    A peer writes the same few URIs again and again, and nobody can change one.
    """
    usual = _usual(text)
    if usual is None:
        return None
    scheme, user, host, port, parameters = usual.groups()
    pairs = [parameter.partition("=") for parameter in parameters[1:].split(";")]
    values = {name.lower(): value if mark else None for name, mark, value in pairs if name}
    if parameters and len(values) < len(pairs):
        return None
    uri = Uri(
        scheme=scheme,
        user=user,
        host=host.lower(),
        port=None if port is None else int(port),
        parameters=Parameters(values) if values else NONE,
    )
    object.__setattr__(uri, "_written", text)
    return uri


def _read_unusual(scanner: Scanner) -> Uri:
    start = scanner.at
    scheme = scanner.run(_schemes).lower()
    if not scheme or not scheme[0].isalpha() or scanner.next != ":":
        scanner.at = start
        scanner.fail("a URI")
    scanner.at += 1
    if scheme in ("sip", "sips"):
        return _read_sip(scanner, scheme)
    if scheme == "tel":
        return _read_tel(scanner)
    rest = scanner.run(_opaque_characters) or scanner.fail("something after the scheme")
    return Uri(scheme=scheme, opaque=rest)


def _read_sip(scanner: Scanner, scheme: str) -> Uri:
    user, password = _read_userinfo(scanner)
    host = read_host(scanner).lower()
    port = None
    if scanner.next == ":":
        scanner.at += 1
        port = read_port(scanner)
    return Uri(
        scheme=scheme,
        user=user,
        password=password,
        host=host,
        port=port,
        parameters=_read_parameters(scanner),
        headers=_read_headers(scanner),
    )


def _read_userinfo(scanner: Scanner) -> tuple[str | None, str | None]:
    """Read up to the at sign; where there is none, nothing was read."""
    start = scanner.at
    user, password = scanner.run(_users), None
    if scanner.next == ":":
        scanner.at += 1
        password = scanner.run(_passwords)
    if scanner.next != "@":
        scanner.at = start
        return None, None
    end = scanner.at + 1
    if not user:
        scanner.at = start
        scanner.fail("a user before the at sign")
    user = _unescaped(scanner, user, start)
    if password is not None:
        password = _unescaped(scanner, password, end - 1 - len(password))
    scanner.at = end
    return user, password


def _read_tel(scanner: Scanner) -> Uri:
    start = scanner.at
    number = scanner.run(_numbers).translate(_VISUAL_SEPARATORS)
    if not number.removeprefix("+") or "+" in number[1:]:
        scanner.at = start
        scanner.fail("a telephone number")
    return Uri(scheme="tel", user=number, parameters=_read_parameters(scanner))


def _read_parameters(scanner: Scanner) -> Parameters:
    if scanner.next != ";":
        return NONE
    values: dict[str, str | None] = {}
    while scanner.next == ";":
        scanner.at += 1
        start = scanner.at
        name = _read_escaped(scanner, _parameter_characters, "a parameter name").lower()
        value = None
        if scanner.next == "=":
            scanner.at += 1
            value = _read_escaped(scanner, _parameter_characters, "a parameter value")
        if values.setdefault(name, value) != value:
            scanner.at = start
            scanner.fail(f"parameter {name} no more than once")
    return Parameters(values)


def _read_headers(scanner: Scanner) -> Parameters:
    values: dict[str, str | None] = {}
    mark = "?"
    while scanner.next == mark:
        scanner.at += 1
        name = _read_escaped(scanner, _header_characters, "a header name").lower()
        if scanner.next != "=":
            scanner.fail("'=' after the header name")
        scanner.at += 1
        start = scanner.at
        value = _unescaped(scanner, scanner.run(_header_characters), start)
        # Two header fields of one name mean the same as one with both values (section 7.3.1).
        values[name] = f"{values[name]}, {value}" if name in values else value
        mark = "&"
    return Parameters(values) if values else NONE


def _read_escaped(scanner: Scanner, characters: Run, expected: str) -> str:
    start = scanner.at
    return _unescaped(scanner, scanner.run(characters) or scanner.fail(expected), start)


def _unescaped(scanner: Scanner, text: str, start: int) -> str:
    """Undo the escapes of *text*, which was read at *start*."""
    if "%" not in text:
        return text
    if (bad := _bad_escape(text)) is not None:
        scanner.at = start + bad.start()
        scanner.fail("two hexadecimal digits after the percent sign")
    return to_text(unquote_to_bytes(text))


def _write(uri: Uri) -> str:
    if uri.opaque:
        return f"{uri.scheme}:{uri.opaque}"
    parameters = "".join(map(_write_parameter, uri.parameters.items()))
    if uri.scheme == "tel":
        return f"tel:{uri.user or ''}{parameters}"
    place = write_host(uri.host, uri.port)
    return f"{uri.scheme}:{_write_userinfo(uri)}{place}{parameters}{_write_headers(uri)}"


def _write_userinfo(uri: Uri) -> str:
    if uri.user is None:
        return ""
    user = _escaped(uri.user, _USER_SAFE)
    if uri.password is None:
        return f"{user}@"
    return f"{user}:{_escaped(uri.password, _PASSWORD_SAFE)}@"


def _write_parameter(parameter: tuple[str, str | None]) -> str:
    name, value = (part and _escaped(part, _PARAMETER_SAFE) for part in parameter)
    return f";{name}" if value is None else f";{name}={value}"


def _write_headers(uri: Uri) -> str:
    pairs = (
        f"{_escaped(name, _HEADER_SAFE)}={_escaped(value or '', _HEADER_SAFE)}"
        for name, value in uri.headers.items()
    )
    return "?" + "&".join(pairs) if uri.headers else ""


def _escaped(text: str, safe: str) -> str:
    return quote(text, safe, ENCODING, ESCAPE)


def _match(ours: Parameters, theirs: Parameters) -> bool:
    for name in {*ours, *theirs}:
        if name in ours and name in theirs:
            if (ours[name] or "").lower() != (theirs[name] or "").lower():
                return False
        elif name in _NEVER_IGNORED:
            return False
    return True


def _comparable_userinfo(uri: Uri) -> str | None:
    """Give user and password with only reserved characters escaped, which differ from escapes."""
    if uri.user is None:
        return None
    userinfo = str(uri).partition(":")[2].partition("@")[0]
    return _escape.sub(_unless_reserved, userinfo)


def _unless_reserved(escape: re.Match[str]) -> str:
    octet = bytes.fromhex(escape[0][1:])
    return escape[0].upper() if octet in _RESERVED else to_text(octet)
