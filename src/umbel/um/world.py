"""What a flow needs besides the caller: the stores, the configuration and the time of day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from umbel.directory.dial_by_name import NameIndex
from umbel.directory.lookup import Directory
from umbel.directory.objects import DialPlan
from umbel.directory.ports import Configuration
from umbel.mailbox.ports import Audio, Greetings, Messages, PinHasher, Pins


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The ports that flows use. ``app`` hands in the real ones, tests doubles in memory."""

    messages: Messages
    audio: Audio
    greetings: Greetings
    pins: Pins
    hasher: PinHasher
    directory: Callable[[], Directory]
    """The present snapshot with its indexes; a flow asks anew where it matters, never keeps it."""
    wall: Callable[[], datetime]
    """The time of day, aware, UTC."""

    def configuration(self) -> Configuration:
        """Give the present snapshot."""
        return self.directory().configuration

    def names(self, dial_plan: DialPlan) -> NameIndex:
        """Give everybody who can be dialled by name in a dial plan at present."""
        return self.directory().names(dial_plan)
