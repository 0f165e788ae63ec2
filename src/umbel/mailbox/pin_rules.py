"""What a new PIN may be, and what a right or wrong one leads to. Whoever calls hashes and stores."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Protocol

from umbel.core.errors import Misuse
from umbel.core.identifiers import Randomness

from .pin import PinState

LONGEST_PIN = 24

_GENERATED_LENGTH = 6
"""Of a first PIN, unless the policy wants longer ones."""

_MOST_TRIES = 1000

_TELLING_EXTENSION = 3
"""A PIN may end in an extension shorter than this: that gives nothing away."""


class PinPolicy(Protocol):
    """The PIN rules of a mailbox policy (``directory.objects.MailboxPolicy``)."""

    @property
    def min_pin_length(self) -> int:
        """Digits that a PIN has at least."""
        ...

    @property
    def pin_lifetime_days(self) -> int | None:
        """Days until a PIN must be changed; ``None``: never."""
        ...

    @property
    def pin_history(self) -> int:
        """How many of the last PINs, the present one included, may not be used again."""
        ...

    @property
    def failures_before_reset(self) -> int | None:
        """Wrong PINs in a row that make a new PIN necessary; ``None``: only the lockout counts."""
        ...

    @property
    def failures_before_lockout(self) -> int:
        """Wrong PINs in a row that lock the mailbox."""
        ...

    @property
    def allow_common_patterns(self) -> bool:
        """Whether 123456 and 111111 are PINs."""
        ...


class Owner(Protocol):
    """Whose PIN it is (``directory.objects.Mailbox``)."""

    @property
    def extension(self) -> str:
        """The first extension."""
        ...

    @property
    def other_extensions(self) -> tuple[str, ...]:
        """The further ones."""
        ...


class PinRefusal(StrEnum):
    """Why a PIN cannot be taken; each value completes "a PIN that …"."""

    NOT_DIGITS = "is not made of digits alone"
    TOO_SHORT = "is shorter than the policy wants"
    TOO_LONG = f"is longer than {LONGEST_PIN} digits"
    EXTENSION = "is the extension, or ends as the extension does"
    COMMON = "counts up or down, or repeats itself"


def refusal(pin: str, policy: PinPolicy, owner: Owner) -> PinRefusal | None:
    """
    Say why *pin* may not be the new PIN; ``None``: it may.

    Whether it was used before only its hash tells: compare with ``hashes_not_to_reuse``.
    """
    return _refusal(pin, policy, (owner.extension, *owner.other_extensions))


def generate_pin(randomness: Randomness, policy: PinPolicy, extension: str) -> str:
    """Make a PIN that the policy allows, to be given to the subscriber of *extension*."""
    length = max(policy.min_pin_length, _GENERATED_LENGTH)
    for _try in range(_MOST_TRIES):
        pin = _digits(randomness, length)
        if _refusal(pin, policy, (extension,)) is None:
            return pin
    raise Misuse(f"{_MOST_TRIES} random PINs were all refused: the randomness is none")


def hashes_not_to_reuse(state: PinState, policy: PinPolicy) -> tuple[str, ...]:
    """Give the hashes that a new PIN must not match, the present one first."""
    present = (state.hashed,) if state.hashed else ()
    return (*present, *state.history)[: policy.pin_history]


def is_barred(state: PinState) -> bool:
    """Say whether nobody can log on, even with the right PIN: none was set, or too many failures."""
    return not state.hashed or state.is_locked_out or state.needs_reset


def is_expired(state: PinState, policy: PinPolicy, now: datetime) -> bool:
    """Say whether the PIN has outlived the policy's lifetime."""
    if state.set_at is None or policy.pin_lifetime_days is None:
        return False
    return now - state.set_at >= timedelta(days=policy.pin_lifetime_days)


def must_choose_new(state: PinState, policy: PinPolicy, now: datetime) -> bool:
    """Say whether a subscriber who logged on has to choose a new PIN first."""
    return state.must_change or is_expired(state, policy, now)


def after_success(state: PinState) -> PinState:
    """Give the state after the right PIN: the failures before it are forgotten."""
    return replace(state, failures=0)


def after_failure(state: PinState, policy: PinPolicy) -> PinState:
    """Give the state after a wrong PIN: it may need a reset now, and later be locked out."""
    failures = state.failures + 1
    until_reset = policy.failures_before_reset
    return replace(
        state,
        failures=failures,
        needs_reset=state.needs_reset or (until_reset is not None and failures >= until_reset),
        is_locked_out=state.is_locked_out or failures >= policy.failures_before_lockout,
    )


def with_new_pin(
    state: PinState, hashed: str, policy: PinPolicy, now: datetime, *, must_change: bool = False
) -> PinState:
    """
    Give the state with a new PIN, which ends a lockout.

    *must_change*: an administrator set it, and the subscriber is to choose their own.
    """
    former = (state.hashed, *state.history) if state.hashed else state.history
    return PinState(
        hashed=hashed,
        set_at=now,
        must_change=must_change,
        history=former[: policy.pin_history],
    )


def _refusal(pin: str, policy: PinPolicy, extensions: tuple[str, ...]) -> PinRefusal | None:
    if not (pin.isascii() and pin.isdigit()):
        return PinRefusal.NOT_DIGITS
    if len(pin) < policy.min_pin_length:
        return PinRefusal.TOO_SHORT
    if len(pin) > LONGEST_PIN:
        return PinRefusal.TOO_LONG
    if any(_tells(pin, extension) for extension in extensions):
        return PinRefusal.EXTENSION
    if not policy.allow_common_patterns and _is_common(pin):
        return PinRefusal.COMMON
    return None


def _tells(pin: str, extension: str) -> bool:
    if extension.endswith(pin):
        return True
    return len(extension) >= _TELLING_EXTENSION and pin.endswith(extension)


def _is_common(pin: str) -> bool:
    """Say whether it is 345678, 109876 (around zero as well), 777777, 1212 or 123123."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    counts = steps in ({1}, {9})
    repeats = any(
        len(pin) % length == 0 and pin == pin[:length] * (len(pin) // length)
        for length in range(1, len(pin) // 2 + 1)
    )
    return counts or repeats


def _digits(randomness: Randomness, count: int) -> str:
    """Give random digits, each as likely as the others: octets from 250 on are drawn again."""
    digits = ""
    for _draw in range(_MOST_TRIES):
        digits += "".join(str(octet % 10) for octet in randomness.octets(count) if octet < 250)
        if len(digits) >= count:
            return digits[:count]
    raise Misuse(f"{_MOST_TRIES} draws brought no {count} digits: the randomness is none")
