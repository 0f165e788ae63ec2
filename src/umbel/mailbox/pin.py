"""The PIN of a mailbox as a value; ``pin_rules`` says what it may become."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PinState:
    """Everything kept about one mailbox's PIN. Hashes only, never the PIN."""

    hashed: str = ""
    """The current PIN's hash; empty: no PIN was ever set, nobody can log on."""
    set_at: datetime | None = None
    must_change: bool = False
    """Set by an administrator, or expired: the next logon asks for a new one."""
    failures: int = 0
    """Wrong PINs in a row, over all calls."""
    is_locked_out: bool = False
    needs_reset: bool = False
    """Too many failures: an administrator must give a new PIN."""
    history: tuple[str, ...] = ()
    """Hashes of former PINs, newest first."""
