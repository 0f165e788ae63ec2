"""Session-Expires: how long a session lives without a refresh (RFC 4028 section 4)."""

from collections.abc import Mapping
from dataclasses import dataclass

from .grammar import Scanner
from .parameters import NONE, as_parameters, read_parameters, write_parameters

HIGHEST = 2**32 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionExpires:
    """The session interval, and who refreshes."""

    interval: int
    """Seconds."""
    parameters: Mapping[str, str | None] = NONE

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", as_parameters(self.parameters))

    @classmethod
    def parse(cls, text: str, where: str = "Session-Expires") -> "SessionExpires":
        """Read a Session-Expires; raises ``MalformedMessage``."""
        scanner = Scanner(text, where)
        scanner.skip_spaces()
        interval = scanner.number("a session interval", most=HIGHEST)
        found = cls(interval=interval, parameters=read_parameters(scanner))
        scanner.expect_end("';' or the end")
        return found

    @property
    def refresher(self) -> str | None:
        """``uac`` or ``uas``; ``None`` where the other side is to choose."""
        refresher = self.parameters.get("refresher")
        return None if refresher is None else refresher.lower()

    def __str__(self) -> str:
        return f"{self.interval}{write_parameters(self.parameters)}"
