"""Entries as bytes and back, each whole by itself: what the ring keeps.

A record is one line of JSON, and after it the message as it is. A message's line is a list, since
there are many of them; the others are rare, and are written by the names of their fields.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from umbel.core.json_values import Unreadable, from_json, to_json
from umbel.sip.hop import Transport

from .entry import (
    Address,
    CallNamed,
    ConnectionEnd,
    Entry,
    Handshake,
    Kept,
    Passage,
    Secrets,
    Untold,
)

_KINDS: Final[Mapping[str, type[Handshake | ConnectionEnd | CallNamed | Secrets | Untold]]] = {
    "handshake": Handshake,
    "end": ConnectionEnd,
    "call": CallNamed,
    "secrets": Secrets,
    "untold": Untold,
}
_NAMES: Final = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who wrote the records that follow: the first record of each file."""

    node: str
    run: str
    """When the node was started: connections are named anew each time."""


def write_origin(origin: Origin) -> bytes:
    """Give the record that says whose the others are."""
    return json.dumps({"origin": to_json(origin)}).encode()


def write_entry(entry: Entry) -> bytes:
    """Give the record of an entry."""
    if isinstance(entry, Passage):
        return b"[%b, %b\n%b" % (repr(entry.at.timestamp()).encode(), _rest(entry), entry.octets)
    return json.dumps({_NAMES[type(entry)]: to_json(entry)}).encode()


def read_record(record: bytes, origin: Origin | None) -> Origin | Kept | None:
    """Give what a record holds; ``None`` where it is of a kind that is not known here.

    A record before which no origin stands is of nobody in particular. ``Unreadable`` otherwise.
    """
    line, _, octets = record.partition(b"\n")
    try:
        content = json.loads(line)
    except ValueError as error:
        raise Unreadable(f"found {line[:40]!r}, expected JSON") from error
    if isinstance(content, list):
        return _kept(_passage(content, octets), origin)
    if not isinstance(content, dict) or not content:
        raise Unreadable(f"found {line[:40]!r}, expected a list or an object")
    name, value = next(iter(content.items()))
    if name == "origin":
        return from_json(Origin, value)
    return _kept(from_json(_KINDS[name], value), origin) if name in _KINDS else None


def _kept(entry: Entry, origin: Origin | None) -> Kept:
    return Kept(node=origin.node if origin else "", run=origin.run if origin else "", entry=entry)


_Way = tuple[str, Address, Address, bool, str, str, str]


def _rest(passage: Passage) -> bytes:
    """Give what follows the time in a message's line."""
    return _written(
        (
            passage.transport,
            passage.local,
            passage.remote,
            passage.sent_by_us,
            passage.connection,
            passage.domain,
            passage.problem,
        )
    )


@lru_cache(maxsize=4096)
def _written(way: _Way) -> bytes:
    """Write it: messages are many, and of most of them only the time is new."""
    transport, local, remote, *others = way
    return json.dumps([transport, *local, *remote, *others]).encode()[1:]


def _passage(row: list[object], octets: bytes) -> Passage:
    match row:
        case [
            int() | float() as at,
            str(transport),
            str(local),
            int(local_port),
            str(remote),
            int(remote_port),
            bool(sent_by_us),
            str(connection),
            str(domain),
            str(problem),
            *_,
        ] if transport in Transport.__members__:
            ours: Address = (local, local_port)
            return Passage(
                at=datetime.fromtimestamp(at, UTC),
                transport=Transport(transport),
                local=ours,
                remote=(remote, remote_port),
                sent_by_us=sent_by_us,
                octets=octets,
                connection=connection,
                domain=domain,
                problem=problem,
            )
        case _:
            raise Unreadable(f"found {row!r}, expected a message's line")
