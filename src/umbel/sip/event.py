"""Event and Subscription-State: what NOTIFYs are about (RFC 6665 section 8.2)."""

from collections.abc import Mapping
from dataclasses import dataclass

from .grammar import Scanner
from .parameters import NONE, as_parameters, read_parameters, write_parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event package with its parameters."""

    package: str
    """In lower case, with its templates: ``refer``, ``message-summary``, ``presence.winfo``."""
    parameters: Mapping[str, str | None] = NONE

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", as_parameters(self.parameters))

    @classmethod
    def parse(cls, text: str, where: str = "Event") -> "Event":
        """Read an Event; raises ``MalformedMessage``."""
        scanner = Scanner(text, where)
        scanner.skip_spaces()
        package = scanner.token("an event package").lower()
        event = cls(package=package, parameters=read_parameters(scanner))
        scanner.expect_end("';' or the end")
        return event

    @property
    def id(self) -> str | None:
        """Tells apart several subscriptions of one dialog, such as those of several REFERs."""
        return self.parameters.get("id")

    def __str__(self) -> str:
        return self.package + write_parameters(self.parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionState:
    """Whether a subscription goes on."""

    state: str
    """In lower case: ``active``, ``pending``, ``terminated`` or an extension's word."""
    parameters: Mapping[str, str | None] = NONE

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", as_parameters(self.parameters))

    @classmethod
    def parse(cls, text: str, where: str = "Subscription-State") -> "SubscriptionState":
        """Read a Subscription-State; raises ``MalformedMessage``."""
        scanner = Scanner(text, where)
        scanner.skip_spaces()
        state = scanner.token("a subscription state").lower()
        found = cls(state=state, parameters=read_parameters(scanner))
        scanner.expect_end("';' or the end")
        return found

    @property
    def is_terminated(self) -> bool:
        """Whether no further NOTIFY comes."""
        return self.state == "terminated"

    @property
    def reason(self) -> str | None:
        """Why it ended, in lower case: ``noresource``, ``timeout``, …."""
        reason = self.parameters.get("reason")
        return None if reason is None else reason.lower()

    @property
    def expires(self) -> int | None:
        """How many seconds the subscription lasts."""
        return _seconds(self.parameters.get("expires"))

    @property
    def retry_after(self) -> int | None:
        """In how many seconds another subscription may succeed."""
        return _seconds(self.parameters.get("retry-after"))

    def __str__(self) -> str:
        return self.state + write_parameters(self.parameters)


def _seconds(text: str | None) -> int | None:
    """Read a number of seconds; one that is none says nothing."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 10:
        return None
    return int(text)
