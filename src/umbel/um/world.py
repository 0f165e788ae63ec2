"""What a flow needs besides the caller: the stores, the configuration and the time of day."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from umbel.directory.dial_by_name import NameIndex, index_of
from umbel.directory.lookup import Directory
from umbel.directory.objects import DialPlan
from umbel.directory.ports import Configuration
from umbel.mailbox.ports import Audio, Greetings, Messages, PinHasher, Pins


class _Indexes:
    """The indexes of the newest snapshot, made once for all calls."""

    def __init__(self) -> None:
        self._directory = Directory(Configuration())
        self._names: dict[str, NameIndex] = {}

    def directory(self, configuration: Configuration) -> Directory:
        if self._directory.configuration is not configuration:
            self._directory, self._names = Directory(configuration), {}
        return self._directory

    def names(self, configuration: Configuration, dial_plan: DialPlan) -> NameIndex:
        self.directory(configuration)
        if dial_plan.name not in self._names:
            self._names[dial_plan.name] = index_of(configuration, dial_plan)
        return self._names[dial_plan.name]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The ports that flows use. ``app`` hands in the real ones, tests doubles in memory."""

    messages: Messages
    audio: Audio
    greetings: Greetings
    pins: Pins
    hasher: PinHasher
    configuration: Callable[[], Configuration]
    """The present snapshot; a flow asks anew where it matters, never keeps it."""
    wall: Callable[[], datetime]
    """The time of day, aware, UTC."""
    _indexes: _Indexes = field(default_factory=_Indexes, init=False, repr=False, compare=False)

    def directory(self) -> Directory:
        """Give the present snapshot with its indexes: whom a number means."""
        return self._indexes.directory(self.configuration())

    def names(self, dial_plan: DialPlan) -> NameIndex:
        """Give everybody who can be dialled by name in a dial plan at present."""
        return self._indexes.names(self.configuration(), dial_plan)
