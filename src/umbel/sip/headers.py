"""The header fields of a message: an ordered multimap of raw values (RFC 3261 section 7.3)."""

from collections.abc import Callable, Iterable, Iterator, KeysView
from typing import TypeVar

from umbel.core.errors import Misuse

from .grammar import is_token
from .header_names import spelled

T = TypeVar("T")


class Headers:
    """
    Header fields in their order, as raw text, unfolded.

    Names match in any case and compact forms are their full names. Text is UTF-8, with other
    octets escaped as surrogates, so that writing gives back the octets that were read.
    """

    __slots__ = ("_by_name", "_fields", "_read")

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields: list[tuple[str, str]] = []
        self._by_name: dict[str, list[str]] | None = None
        self._read: dict[str, object] = {}
        for name, value in fields:
            self.add(name, value)

    @classmethod
    def from_wire(cls, fields: list[tuple[str, str]]) -> "Headers":
        """Take over fields whose names are spelled, and whose values are stripped and unfolded."""
        headers = cls()
        headers._fields = fields
        return headers

    def get(self, name: str) -> str | None:
        """Give the first field line of *name*."""
        values = self._index.get(spelled(name).lower())
        return values[0] if values else None

    def get_all(self, name: str) -> list[str]:
        """Give every field line of *name*, in order."""
        return list(self._index.get(spelled(name).lower(), ()))

    def lines_of(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """Give the field lines of *names*, which are spelled, those of each name together."""
        index = self._index
        return [(name, value) for name in names for value in index.get(name.lower(), ())]

    def add(self, name: str, value: str) -> None:
        """Append a field line."""
        self._fields.append(self._changed(name, value))

    def prepend(self, name: str, value: str) -> None:
        """Put a field line before all others, as a Via goes."""
        self._fields.insert(0, self._changed(name, value))

    def set(self, name: str, value: str) -> None:
        """Replace the first field line of *name* and drop its others; append where none was."""
        field = self._changed(name, value)
        key = field[0].lower()
        places = [at for at, (other, _) in enumerate(self._fields) if other.lower() == key]
        if not places:
            self._fields.append(field)
            return
        self._fields[places[0]] = field
        for place in reversed(places[1:]):
            del self._fields[place]

    def replace_first(self, name: str, value: str) -> None:
        """Replace the first field line of *name*, which there must be; its others stay."""
        index = self._by_name
        field = self._changed(name, value)
        key = field[0].lower()
        place = next(at for at, (other, _) in enumerate(self._fields) if other.lower() == key)
        self._fields[place] = field
        if index is not None:
            index[key][0] = value
            self._by_name = index

    def remove(self, name: str) -> None:
        """Drop every field line of *name*."""
        key = spelled(name).lower()
        self._fields = [field for field in self._fields if field[0].lower() != key]
        self._forget(key)

    @property
    def names(self) -> KeysView[str]:
        """Give the names that there are, in lower case."""
        return self._index.keys()

    def items(self) -> list[tuple[str, str]]:
        """Give all field lines as names and values, in order."""
        return list(self._fields)

    def copy(self) -> "Headers":
        """Give headers that can be changed without changing these."""
        return Headers.from_wire(self._fields.copy())

    def read(self, name: str, parse: Callable[[list[str]], T]) -> T:
        """
        Give what *parse* makes of the field lines of *name*, the result kept until they change.

        Every *name* has one way of being parsed, and it is in lower case.
        """
        try:
            return self._read[name]  # type: ignore[return-value]  # Made by the same *parse*.
        except KeyError:
            parsed = self._read[name] = parse(self._index.get(name, []))
            return parsed

    def know(self, name: str, parsed: object) -> None:
        """Take *parsed*, which ``read`` is to give of *name*, instead of parsing what was written."""
        self._read[name] = parsed

    def __contains__(self, name: str) -> bool:
        return spelled(name).lower() in self._index

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.items())

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return self._comparable() == other._comparable()

    __hash__ = None  # type: ignore[assignment]  # mutable, and so no key of a dictionary

    def __repr__(self) -> str:
        return f"Headers({self._fields!r})"

    @property
    def _index(self) -> dict[str, list[str]]:
        if self._by_name is None:
            index: dict[str, list[str]] = {}
            for name, value in self._fields:
                index.setdefault(name.lower(), []).append(value)
            self._by_name = index
        return self._by_name

    def _comparable(self) -> list[tuple[str, str]]:
        return [(name.lower(), value) for name, value in self._fields]

    def _changed(self, name: str, value: str) -> tuple[str, str]:
        """Check a field line of ours, and forget what was known of its name."""
        if not is_token(name) or "\r" in value or "\n" in value:
            raise Misuse(f"{name!r}: {value!r} is no header field")
        name = spelled(name)
        self._forget(name.lower())
        return name, value

    def _forget(self, key: str) -> None:
        self._by_name = None
        self._read.pop(key, None)
