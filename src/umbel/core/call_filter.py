"""Which calls are looked at more closely: by caller, dialled number or gateway."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Self

from .errors import Mistake

FIELDS = ("caller", "dialled", "gateway")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """Matches a call where each field that is named has one of its values; without any, all calls."""

    caller: frozenset[str] = frozenset()
    dialled: frozenset[str] = frozenset()
    gateway: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, texts: Iterable[str], where: str) -> Self:
        """Read ``FIELD=VALUE`` texts, as ``gateway=lync``."""
        found: dict[str, set[str]] = {}
        for text in texts:
            name, _, value = text.partition("=")
            name, value = name.strip().lower(), value.strip().lower()
            if name not in FIELDS or not value:
                raise Mistake(
                    f'"{text}"',
                    expected=f"FIELD=VALUE with a field of {', '.join(FIELDS)}, as gateway=lync",
                    where=where,
                )
            found.setdefault(name, set()).add(value)
        return cls(**{name: frozenset(values) for name, values in found.items()})

    @property
    def is_about_people(self) -> bool:
        """Say whether it needs to know who calls whom, which a connection does not tell."""
        return bool(self.caller or self.dialled)

    def matches(
        self,
        *,
        caller: Collection[str] = (),
        dialled: Collection[str] = (),
        gateway: Collection[str] = (),
    ) -> bool:
        """Say whether a call is meant, by all that is known to be its caller, target and gateway."""
        pairs = ((self.caller, caller), (self.dialled, dialled), (self.gateway, gateway))
        return all(not wanted or _has_one(wanted, values) for wanted, values in pairs)


def _has_one(wanted: frozenset[str], values: Collection[str]) -> bool:
    return any(value.lower() in wanted for value in values)
