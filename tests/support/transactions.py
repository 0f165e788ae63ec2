"""Living through the life of a transaction in virtual time."""

from umbel.core.instants import Instant
from umbel.sip.transaction.effects import Effect, Send
from umbel.sip.transaction.machine import Transaction

Log = list[tuple[float, Effect]]


def at(seconds: float) -> Instant:
    """Give an instant."""
    return Instant(seconds)


def run_to_rest(machine: Transaction, first: list[Effect] | None = None) -> Log:
    """Let a machine live until it waits for nothing; give its effects with their times."""
    log: Log = [(0.0, effect) for effect in first or []]
    while (due := machine.next_timeout) is not None:
        log += [(due, effect) for effect in machine.handle_timeout(due)]
    return log


def sent_at(log: Log) -> list[float]:
    """Give the times at which something was sent."""
    return [when for when, effect in log if isinstance(effect, Send)]
