"""What a knock at one TCP port showed: whether anybody is there, and what they speak."""

from dataclasses import dataclass
from enum import StrEnum

from umbel.core.instants import Duration


class Door(StrEnum):
    """How the machine took an attempt to connect."""

    OPEN = "open"
    REFUSED = "refused"
    """The machine is there, and nothing listens; or a firewall says so for it."""
    SILENT = "silent"
    """Nobody answered in time."""
    UNREACHABLE = "unreachable"
    """The network knows no way there."""


class Speech(StrEnum):
    """What was heard behind an open door in answer to a TLS ClientHello."""

    TLS = "TLS"
    PLAIN = "plain text"
    """It answered, and not in TLS."""
    NOTHING = "nothing"
    """It said nothing in time, or hung up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """One knock."""

    port: int
    door: Door
    speech: Speech = Speech.NOTHING
    took: Duration = 0.0

    @property
    def speaks_tls(self) -> bool:
        """Whether TLS is spoken behind it."""
        return self.door is Door.OPEN and self.speech is Speech.TLS
