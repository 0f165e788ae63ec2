"""What a flow needs besides the caller: the stores, the configuration and the time of day."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from umbel.directory.dial_by_name import NameIndex
from umbel.directory.lookup import Directory
from umbel.directory.objects import DialPlan
from umbel.directory.ports import Configuration
from umbel.mailbox.ports import Audio, Greetings, Messages, PinHasher, Pins


class _Newest:
    """The indexes of the newest snapshot, made once for all calls."""

    def __init__(self) -> None:
        self._directory = Directory(Configuration())

    def directory(self, configuration: Configuration) -> Directory:
        if self._directory.configuration is not configuration:
            self._directory = Directory(configuration)
        return self._directory


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
    prepared: Callable[[], Directory] | None = None
    """The present snapshot with its indexes, where somebody makes them away from the calls: for a
    large organisation that takes a second. ``None``: they are made here."""
    _newest: _Newest = field(default_factory=_Newest, init=False, repr=False, compare=False)

    def directory(self) -> Directory:
        """Give the present snapshot with its indexes: whom a number means."""
        if self.prepared is not None:
            return self.prepared()
        return self._newest.directory(self.configuration())

    def names(self, dial_plan: DialPlan) -> NameIndex:
        """Give everybody who can be dialled by name in a dial plan at present."""
        return self.directory().names(dial_plan)
