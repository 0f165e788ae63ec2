"""Digest authentication as a client (RFC 3261 section 22, RFC 7616, RFC 8760)."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .errors import SipError
from .grammar import Scanner, quoted, run_of, to_octets
from .message import Request, Response
from .status import Status

_unquoted_values = run_of(r'^ \t,"')


def _md5(octets: bytes) -> str:
    return hashlib.md5(octets, usedforsecurity=False).hexdigest()


def _sha256(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


_HASHES: dict[str, Callable[[bytes], str]] = {"md5": _md5, "sha-256": _sha256}
_SESSION = "-sess"


class UnusableChallenge(SipError):
    """No challenge of a 401 or 407 that we can answer."""

    status = Status.FORBIDDEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What we authenticate with."""

    username: str
    password: str
    realm: str | None = None
    """The only realm that may learn of them; ``None``: any that asks."""

    def __repr__(self) -> str:
        return f"Credentials(username={self.username!r}, realm={self.realm!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What a peer asks for in WWW-Authenticate or Proxy-Authenticate (sections 20.27, 20.44)."""

    realm: str
    nonce: str
    algorithm: str | None = None
    """As written; ``None`` means MD5."""
    qop: tuple[str, ...] = ()
    """The qualities of protection offered, in lower case; empty is the old way of RFC 2069."""
    opaque: str | None = None
    is_stale: bool = False
    """Whether our credentials were right and only the nonce was old."""
    is_by_proxy: bool = False
    """Whether it came as Proxy-Authenticate."""

    @property
    def is_usable(self) -> bool:
        """Whether we know its algorithm, and a quality of protection that it offers."""
        algorithm = (self.algorithm or "MD5").lower().removesuffix(_SESSION)
        return algorithm in _HASHES and (not self.qop or self.chosen_qop is not None)

    @property
    def chosen_qop(self) -> str | None:
        """The quality of protection that we use; ``None``: none."""
        return next((qop for qop in ("auth", "auth-int") if qop in self.qop), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nonce:
    """Our part in an answer. The count starts at 1 and goes up with each use of the peer's nonce."""

    cnonce: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the request asks for, as far as the answer vouches for it."""

    method: str
    uri: str
    """As the start-line has it."""
    body: bytes = b""


def challenges_of(response: Response) -> list[Challenge]:
    """Read every Digest challenge of a 401 or 407; raises ``MalformedMessage``."""
    return [
        challenge
        for name, is_by_proxy in (("WWW-Authenticate", False), ("Proxy-Authenticate", True))
        for value in response.headers.get_all(name)
        if (challenge := _parse_challenge(value, name, is_by_proxy)) is not None
    ]


def choose(challenges: Iterable[Challenge], credentials: Credentials) -> list[Challenge]:
    """
    Choose what to answer: of each realm the first challenge that we can (RFC 8760 section 2.3).

    Raises ``UnusableChallenge`` where there is none.
    """
    chosen: dict[tuple[bool, str], Challenge] = {}
    for challenge in challenges:
        if challenge.is_usable and credentials.realm in (None, challenge.realm):
            chosen.setdefault((challenge.is_by_proxy, challenge.realm), challenge)
    if not chosen:
        raise UnusableChallenge("no Digest challenge of our realm with an algorithm that we know")
    return list(chosen.values())


def authorization(
    request: Request, challenge: Challenge, credentials: Credentials, nonce: Nonce
) -> tuple[str, str]:
    """Give name and value of the header field that answers *challenge* (section 22.4)."""
    asked = Asked(method=request.method, uri=str(request.uri), body=request.body)
    response = request_digest(challenge, credentials, nonce, asked)
    fields = [
        f"username={quoted(credentials.username)}",
        f"realm={quoted(challenge.realm)}",
        f"nonce={quoted(challenge.nonce)}",
        f"uri={quoted(asked.uri)}",
        f'response="{response}"',
    ]
    if challenge.algorithm is not None:
        fields.append(f"algorithm={challenge.algorithm}")
    if challenge.chosen_qop is not None:
        fields.append(f"cnonce={quoted(nonce.cnonce)}")
        fields.append(f"qop={challenge.chosen_qop}, nc={nonce.count:08x}")
    if challenge.opaque is not None:
        fields.append(f"opaque={quoted(challenge.opaque)}")
    name = "Proxy-Authorization" if challenge.is_by_proxy else "Authorization"
    return name, "Digest " + ", ".join(fields)


def request_digest(
    challenge: Challenge, credentials: Credentials, nonce: Nonce, asked: Asked
) -> str:
    """Compute the response parameter (RFC 7616 section 3.4.1, RFC 2069 without qop)."""
    algorithm = (challenge.algorithm or "MD5").lower()
    octets_hash = _HASHES[algorithm.removesuffix(_SESSION)]

    def digest(*parts: str) -> str:
        return octets_hash(to_octets(":".join(parts)))

    secret = digest(credentials.username, challenge.realm, credentials.password)
    if algorithm.endswith(_SESSION):
        secret = digest(secret, challenge.nonce, nonce.cnonce)
    qop = challenge.chosen_qop
    if qop == "auth-int":
        what = digest(asked.method, asked.uri, octets_hash(asked.body))
    else:
        what = digest(asked.method, asked.uri)
    if qop is None:
        return digest(secret, challenge.nonce, what)
    return digest(secret, challenge.nonce, f"{nonce.count:08x}", nonce.cnonce, qop, what)


def _parse_challenge(text: str, where: str, is_by_proxy: bool) -> Challenge | None:
    """Read one challenge; ``None``: its scheme is another than Digest."""
    scanner = Scanner(text, where)
    scanner.skip_spaces()
    if scanner.token("an authentication scheme").lower() != "digest":
        return None
    values = _read_values(scanner)
    return Challenge(
        realm=_value(scanner, values, "realm"),
        nonce=_value(scanner, values, "nonce"),
        algorithm=values.get("algorithm"),
        qop=tuple(word.strip().lower() for word in values.get("qop", "").split(",") if word),
        opaque=values.get("opaque"),
        is_stale=values.get("stale", "").lower() == "true",
        is_by_proxy=is_by_proxy,
    )


def _read_values(scanner: Scanner) -> dict[str, str]:
    scanner.skip_spaces()
    values: dict[str, str] = {}
    while True:
        name = scanner.token("a parameter name").lower()
        scanner.expect("=")
        if scanner.next == '"':
            value = scanner.quoted_string()
        else:
            value = scanner.run(_unquoted_values) or scanner.fail("a parameter value")
        values.setdefault(name, value)
        if not scanner.accept(","):
            scanner.expect_end("a comma or the end")
            return values


def _value(scanner: Scanner, values: dict[str, str], name: str) -> str:
    return values[name] if name in values else scanner.fail(f"a {name}")
