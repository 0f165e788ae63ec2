"""``docs/reference.md``: settings, objects, events and exit codes, from where they are declared."""

import dataclasses
from collections.abc import Iterable, Iterator
from enum import StrEnum
from types import NoneType
from typing import get_args, get_type_hints

from umbel.admin.documentation import FieldDoc, field_docs, purpose, values_of
from umbel.admin.kinds import KINDS
from umbel.app.settings import Settings
from umbel.core.event_catalogue import all_kinds
from umbel.core.event_fields import MEANINGS
from umbel.core.events import EventKind
from umbel.core.log_levels import NEEDED, LogLevel
from umbel.identity.rule_words import demand_in_words
from umbel.identity.rules import RULES

from .session import EXIT_CODES


def reference() -> str:
    """Give the whole page."""
    parts = (
        _opening(),
        _settings(),
        _objects(),
        _identity_rules(),
        _events(),
        _log_levels(),
        _exit_codes(),
    )
    return "\n".join(line for part in parts for line in part)


def _opening() -> Iterator[str]:
    yield "# Reference"
    yield ""
    yield "Written by `script/reference` from the source: what is declared there is all there is."
    yield ""


# --- settings ----------------------------------------------------------------------------------


def _settings() -> Iterator[str]:
    yield "## Settings: `umbel.toml`"
    yield ""
    yield "What is this machine's own. A change needs a restart of the node; a renewed certificate"
    yield "does not."
    yield ""
    for name, doc in field_docs(Settings).items():
        kind, is_many = _table_of(Settings, name)
        yield f"### `{f'[[{name}]]' if is_many else f'[{name}]'}`"
        yield ""
        yield doc.says
        yield ""
        yield from _fields(field_docs(kind).values())


def _table_of(settings: type, name: str) -> tuple[type, bool]:
    """Give the dataclass of a table, and whether there may be many of it."""
    hint = get_type_hints(settings)[name]
    kinds = [kind for kind in (get_args(hint) or (hint,)) if kind not in (NoneType, Ellipsis)]
    return kinds[0], Ellipsis in get_args(hint)


# --- objects -----------------------------------------------------------------------------------


def _objects() -> Iterator[str]:
    yield "## Objects"
    yield ""
    yield "What is in the store, as `umbel NOUN list|show|add|set|remove` and `site.toml` have it."
    yield "Running nodes see a change within a second."
    yield ""
    for kind in KINDS:
        yield f"### `{kind.noun}`"
        yield ""
        yield purpose(kind.type)
        yield ""
        yield from _fields(field_docs(kind.type).values())
    for enumeration in _enumerations():
        yield f"### Values of {enumeration.__name__}"
        yield ""
        yield purpose(enumeration)
        yield ""
        for value, says in values_of(enumeration).items():
            yield f"- `{value}`{': ' + says if says else ''}"
        yield ""


def _enumerations() -> Iterable[type]:
    """Give every enumeration that a field of an object has, once."""
    hints = (get_type_hints(kind.type)[field.name] for kind in KINDS for field in _plain(kind.type))
    found = (one for one in hints if isinstance(one, type) and issubclass(one, StrEnum))
    return dict.fromkeys(found)


def _plain(kind: type) -> Iterable["dataclasses.Field[object]"]:
    return dataclasses.fields(kind)


# --- identity rules ----------------------------------------------------------------------------


def _identity_rules() -> Iterator[str]:
    yield "## Identity rules"
    yield ""
    yield "By which names of a certificate somebody is recognised. A gateway's `our_rule` is what we"
    yield "ask of it: it decides. Its `rule` is what we believe it to ask of us: it explains why a"
    yield "gateway refuses us, and foretells it. Each rule has two sides, for the same peer judges"
    yield "otherwise whom it calls (a server) and who calls it (a client)."
    yield ""
    yield "| rule | who goes by it | of a client's certificate counts | of a server's counts | source |"
    yield "|---|---|---|---|---|"
    for rule in RULES.values():
        of_client, of_server = demand_in_words(rule.as_server), demand_in_words(rule.as_client)
        of_server = "the same" if of_server == of_client else of_server
        yield f"| `{rule.name}` | {rule.title} | {of_client} | {of_server} | {rule.source} |"
    yield ""


# --- events ------------------------------------------------------------------------------------


def _events() -> Iterator[str]:
    yield "## Events"
    yield ""
    yield "`umbel events` lists them, `umbel events explain NUMBER` says what is here. Numbers below"
    yield "2000 mean what they mean to Exchange UM. A node logs an event if the level of its category"
    yield "is at least the one given; the store keeps every event."
    yield ""
    for kind in all_kinds():
        yield from _event(kind)
    yield "### Fields of events"
    yield ""
    yield "| field | what it holds |"
    yield "|---|---|"
    used = {name for kind in all_kinds() for name in kind.fields}
    for name in sorted(used):
        yield f"| `{name}` | {MEANINGS[name]} |"
    yield ""


def _event(kind: EventKind) -> Iterator[str]:
    yield f"### {kind.number}"
    yield ""
    yield f"{kind.level.value}, category {kind.category.value}, logged from level "
    yield f"{NEEDED[kind.level].value} on. Fields: {', '.join(f'`{one}`' for one in kind.fields)}."
    yield ""
    for line in kind.sentence.splitlines():
        yield f"> {line}  "
    yield ""
    if kind.do:
        yield f"What to do: {kind.do}"
        yield ""


def _log_levels() -> Iterator[str]:
    yield "## Log levels"
    yield ""
    yield purpose(LogLevel)
    yield 'Set per category and at run time: `umbel node set NODE --event-level "TLS=expert"`.'
    yield ""
    for value, says in values_of(LogLevel).items():
        yield f"- `{value}`: {says}"
    yield ""


def _exit_codes() -> Iterator[str]:
    yield "## Exit codes"
    yield ""
    yield "| code | meaning |"
    yield "|---|---|"
    for code, says in EXIT_CODES.items():
        yield f"| {code} | {says} |"
    yield ""


# --- tables ------------------------------------------------------------------------------------


def _fields(docs: Iterable[FieldDoc]) -> Iterator[str]:
    yield "| field | value | default | |"
    yield "|---|---|---|---|"
    for doc in docs:
        default = "needed" if doc.is_required else f"`{doc.default}`" if doc.default else ""
        cells = (f"`{doc.name}`", doc.expected, default, doc.says)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""
