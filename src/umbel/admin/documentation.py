"""What the dataclasses of settings and objects say about themselves, for help texts and pages.

The docstring under a field is its documentation; it is read from the source, so that nothing is
written twice.
"""

import ast
import dataclasses
import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_type_hints

from umbel.core.tables import NOTHING, describe, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDoc:
    """What a person has to know about one field."""

    name: str
    says: str
    """Its docstring, on one line."""
    expected: str
    """What a value looks like, in words."""
    is_required: bool
    default: str
    """As it is written in a file; empty: there is none, or nothing."""


def field_docs(kind: type) -> Mapping[str, FieldDoc]:
    """Document every field of a dataclass, by name."""
    says, types = _docstrings(kind), get_type_hints(kind)
    return {
        field.name: FieldDoc(
            name=field.name,
            says=says.get(field.name, ""),
            expected=describe(types[field.name]),
            is_required=_is_required(field),
            default="" if _is_required(field) else _shown(_default(field)),
        )
        for field in dataclasses.fields(kind)
    }


def purpose(kind: type) -> str:
    """Give the first paragraph of a class's docstring, on one line."""
    return _one_line(inspect.getdoc(kind) or "")


def values_of(kind: type) -> Mapping[str, str]:
    """Give the members of an enumeration with what each one's docstring says."""
    says = _docstrings(kind)
    return {member.value: says.get(member.name, "") for member in kind}  # type: ignore[attr-defined]  # an Enum


def _is_required(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _default(field: "dataclasses.Field[Any]") -> object:
    if field.default_factory is not dataclasses.MISSING:
        return None  # Made when it is needed: what it is depends on the machine.
    return NOTHING if field.default is None else plain(field.default)


def _shown(default: object) -> str:
    match default:
        case bool():
            return "true" if default else "false"
        case int() | float():
            return f"{default:g}"
        case str():
            return default
        case _:
            return ""


def _docstrings(kind: type) -> Mapping[str, str]:
    """Give the docstring under each field or member of a class."""
    found = _classes(kind.__module__).get(kind.__name__)
    return dict(_documented(found)) if found else {}


@cache
def _classes(module: str) -> Mapping[str, ast.ClassDef]:
    """Parse a module; empty where its source is not at hand."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except OSError:
        return {}
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _documented(found: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for statement, below in zip(found.body, found.body[1:], strict=False):
        match statement, below:
            case (
                (ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)])),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, _one_line(inspect.cleandoc(text))
            case _:
                pass


def _one_line(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].replace("``", "`").split())
