"""What a client offers and a server chooses (RFC 8446 section 4.1, RFC 5246 section 7.4.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from .cipher_suites import is_grease, suite_name, version_name
from .subject import escape
from .tls_reader import Reader, Truncated

_HEADER: Final = 4
_RANDOM: Final = 32
_SERVER_NAME: Final = 0
_SUPPORTED_VERSIONS: Final = 43
_HOST_NAME: Final = 0
_RETRY_RANDOM: Final = bytes.fromhex(
    "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
)
"""A ServerHello with it asks for another ClientHello (RFC 8446 section 4.1.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHello:
    """What a client offers."""

    versions: tuple[str, ...]
    """In its order of preference; the highest alone where it names no list (before TLS 1.3)."""
    cipher_suites: tuple[str, ...]
    """In its order of preference, by the names of the RFCs."""
    server_name: str | None = None
    """The name that it asks for (RFC 6066 section 3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerHello:
    """What a server chooses."""

    version: str
    cipher_suite: str


def read_client_hello(message: bytes) -> ClientHello | None:
    """Read a ClientHello message; ``None`` where it cannot be read."""
    reader = Reader(message[_HEADER:])
    try:
        legacy_version = reader.number(2)
        reader.take(_RANDOM)
        reader.vector(1)  # legacy_session_id
        suites = _suite_names(reader.vector(2).rest())
        reader.vector(1)  # legacy_compression_methods
        extensions = _extensions(reader)
        return ClientHello(
            versions=_offered_versions(extensions, legacy_version),
            cipher_suites=suites,
            server_name=_server_name(extensions),
        )
    except Truncated:
        return None


def read_server_hello(message: bytes) -> ServerHello | None:
    """Read a ServerHello message; ``None`` where it cannot be read."""
    reader = Reader(message[_HEADER:])
    try:
        version = reader.number(2)
        reader.take(_RANDOM)
        reader.vector(1)  # legacy_session_id_echo
        suite = reader.number(2)
        reader.take(1)  # legacy_compression_method
        chosen = _extensions(reader).get(_SUPPORTED_VERSIONS)
        if chosen is not None:
            version = Reader(chosen).number(2)
    except Truncated:
        return None
    return ServerHello(version=version_name(version), cipher_suite=suite_name(suite))


def is_retry_request(server_hello: bytes) -> bool:
    """Say whether a ServerHello is a HelloRetryRequest in disguise."""
    return server_hello[_HEADER + 2 :].startswith(_RETRY_RANDOM)


def _extensions(reader: Reader) -> Mapping[int, bytes]:
    """Take the extensions, by their type; before TLS 1.2 there may be none at all."""
    found: dict[int, bytes] = {}
    extensions = reader.vector(2) if reader else reader
    while extensions:
        kind = extensions.number(2)
        found[kind] = extensions.vector(2).rest()
    return found


# The suites and the versions of a peer are the same in each of its handshakes.


@lru_cache(maxsize=256)
def _suite_names(suites: bytes) -> tuple[str, ...]:
    return tuple(suite_name(each) for each in Reader(suites).numbers(2) if not is_grease(each))


@lru_cache(maxsize=256)
def _version_names(versions: bytes) -> tuple[str, ...]:
    numbers = Reader(versions).vector(1).numbers(2)
    return tuple(version_name(each) for each in numbers if not is_grease(each))


def _offered_versions(extensions: Mapping[int, bytes], legacy: int) -> tuple[str, ...]:
    offered = extensions.get(_SUPPORTED_VERSIONS)
    if offered is not None:
        return _version_names(offered)
    return () if is_grease(legacy) else (version_name(legacy),)


def _server_name(extensions: Mapping[int, bytes]) -> str | None:
    if not extensions.get(_SERVER_NAME):
        return None
    names = Reader(extensions[_SERVER_NAME]).vector(2)
    while names:
        kind, name = names.number(1), names.vector(2).rest()
        if kind == _HOST_NAME:
            return escape(name.decode("ascii", "backslashreplace"))
    return None
