"""``site.toml``: all configured objects in one file, as ``umbel apply`` reads and ``export`` writes."""

import tomllib
from collections.abc import Iterable, Mapping

import tomli_w

from umbel.core.errors import Mistake
from umbel.core.tables import read_table, write_table
from umbel.directory.objects import Configured
from umbel.directory.ports import Configuration

from .kinds import KINDS, Kind, kind_named, kind_of, name_of


def read_site(text: str, where: str) -> tuple[Configured, ...]:
    """Read every object of a site file, in the order in which they can be created."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Mistake(str(error), expected="TOML", where=where) from error
    for noun in tables:
        _check_noun(noun, where)
    objects = tuple(
        thing for kind in KINDS for thing in _read_kind(kind, tables.get(kind.noun, []), where)
    )
    _refuse_twins(objects, where)
    return objects


def write_site(configuration: Configuration) -> str:
    """Write every object, sorted by name, so that the file can be compared and kept in git."""
    return "\n".join(
        _written(kind, thing) for kind in KINDS for thing in objects_of(configuration, kind)
    )


def objects_of(configuration: Configuration, kind: Kind) -> list[Configured]:
    """Give the objects of one kind, sorted by name."""
    collection: Mapping[str, Configured] = getattr(configuration, kind.collection)
    return [collection[name] for name in sorted(collection)]


def _written(kind: Kind, thing: Configured) -> str:
    """Write one object, always as lines of its own: that is what people read and git compares."""
    table = {kind.key: name_of(thing)} | write_table(thing)
    return tomli_w.dumps({kind.noun: table}).replace(f"[{kind.noun}]", f"[[{kind.noun}]]", 1)


def _check_noun(noun: str, where: str) -> None:
    try:
        kind_named(noun)
    except Mistake as mistake:
        raise Mistake(
            f"the unknown table [[{noun}]]", expected=mistake.expected, where=where
        ) from None


def _read_kind(kind: Kind, tables: object, where: str) -> Iterable[Configured]:
    if not isinstance(tables, list):
        raise Mistake(
            f"[{kind.noun}]", expected=f"[[{kind.noun}]], once for each {kind.title}", where=where
        )
    for number, table in enumerate(tables, 1):
        if not isinstance(table, Mapping):
            raise Mistake(f"{table!r} in {kind.noun}", expected=f"[[{kind.noun}]]", where=where)
        name = table.get(kind.key, f"number {number}")
        yield read_table(kind.type, table, f"{where}, {kind.noun} {name}")


def _refuse_twins(objects: Iterable[Configured], where: str) -> None:
    seen: set[tuple[str, str]] = set()
    for thing in objects:
        key = (kind_of(thing).noun, name_of(thing))
        if key in seen:
            raise Mistake(f"{key[0]} {key[1]} twice", expected=f"each {key[0]} once", where=where)
        seen.add(key)
