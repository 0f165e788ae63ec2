"""Asking again: every question of every flow is repeated, explained and given up in one way."""

from collections.abc import Collection

from umbel.core.instants import Duration
from umbel.speech.phrase import Phrase, Spoken
from umbel.um.call import Call
from umbel.um.places import Over

PATIENCE: Duration = 5.0
"""How long a question waits for its first key, unless an attendant says otherwise."""

BETWEEN_KEYS: Duration = 1.0
"""How long the second key of a choice such as ``11`` may take."""

ALL_KEYS = "0123456789*#"
STAR = "*"

STILL_THERE = Phrase("still-there")
NOT_A_CHOICE = Phrase("not-a-choice")


async def choose(
    call: Call,
    *spoken: Spoken,
    choices: Collection[str],
    tries: int,
    within: Duration = PATIENCE,
) -> str | None:
    """
    Ask until one of *choices*, of one key or more, was pressed.

    ``None``: silence and keys that are no choice were all that came in *tries* tries.
    """
    possible = frozenset(choices)
    explained: tuple[Spoken, ...] = ()
    for _ in range(tries):
        key = await call.ask(*explained, *spoken, keys=first_keys(possible), within=within)
        pressed = await complete(call, key, possible) if key else ""
        if pressed in possible:
            return pressed
        explained = (NOT_A_CHOICE if pressed else STILL_THERE,)
    return None


async def dial(call: Call, *spoken: Spoken, most: int, tries: int) -> str | None:
    """
    Ask for digits until there are some.

    ``*``: the caller wants to go back, whatever stood before it. ``None``: nothing came in
    *tries* tries.
    """
    explained: tuple[Spoken, ...] = ()
    for _ in range(tries):
        digits = await call.ask_digits(*explained, *spoken, most=most, within=PATIENCE)
        if digits:
            return STAR if digits.endswith(STAR) else digits
        explained = (Phrase("nothing-entered"),)
    return None


async def complete(call: Call, pressed: str, choices: Collection[str]) -> str:
    """Wait for the rest of a choice, for as long as what was pressed may have one."""
    while any(choice.startswith(pressed) and choice != pressed for choice in choices):
        key = await call.pause(BETWEEN_KEYS, ALL_KEYS)
        if key is None:
            break
        pressed += key
    return pressed


def first_keys(choices: Collection[str]) -> str:
    """Give the keys that a choice begins with, in the keypad's order."""
    return "".join(key for key in ALL_KEYS if any(choice[0] == key for choice in choices))


async def goodbye(call: Call) -> Over:
    """End the call politely."""
    await call.say(Phrase("goodbye"))
    await call.hang_up()
    return Over()
