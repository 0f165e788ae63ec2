"""Putting a caller through, and telling them when it did not work."""

from umbel.directory.objects import Mailbox
from umbel.speech.phrase import Name, Phrase
from umbel.um.call import Call, Outcome
from umbel.um.person import reached_at, spoken_name
from umbel.um.places import Over
from umbel.um.world import World

_OF_A_PERSON = {
    Outcome.BUSY: "transfer-busy",
    Outcome.NO_ANSWER: "transfer-no-answer",
    Outcome.NOT_FOUND: "transfer-not-found",
    Outcome.REFUSED: "transfer-refused",
    Outcome.FAILED: "transfer-failed",
}
_OF_A_NUMBER = {
    Outcome.BUSY: "number-busy",
    Outcome.NO_ANSWER: "number-no-answer",
    Outcome.NOT_FOUND: "number-not-found",
    Outcome.REFUSED: "number-refused",
    Outcome.FAILED: "number-failed",
}


async def connect_person(call: Call, world: World, mailbox: Mailbox) -> Over | None:
    """Put the caller through to a subscriber; ``None``: they could not be reached."""
    return await connect_named(call, reached_at(mailbox), await spoken_name(world, mailbox))


async def connect_named(
    call: Call, target: str, name: Name, announced: str = "transferring"
) -> Over | None:
    """Put the caller through to *target*, whom they know by a name."""
    await call.say(Phrase(announced, {"name": name}))
    outcome = await _transfer(call, target)
    if outcome is Outcome.TRANSFERRED:
        return Over()
    await call.say(Phrase(_OF_A_PERSON[outcome], {"name": name}))
    return None


async def connect_number(call: Call, number: str) -> Over | None:
    """Put the caller through to a number that they dialled."""
    await call.say(Phrase("transferring-to-number", {"number": number}))
    outcome = await _transfer(call, number)
    if outcome is Outcome.TRANSFERRED:
        return Over()
    await call.say(Phrase(_OF_A_NUMBER[outcome]))
    return None


async def connect_operator(call: Call, operator: str) -> Over | None:
    """Put the caller through to the operator; *operator* may be empty: there is none."""
    if not operator:
        await call.say(Phrase("no-operator"))
        return None
    await call.say(Phrase("operator-next"))
    if await _transfer(call, operator) is Outcome.TRANSFERRED:
        return Over()
    await call.say(Phrase("operator-failed"))
    return None


async def _transfer(call: Call, target: str) -> Outcome:
    call.milestone("transfer.begun", target=target)
    outcome = await call.transfer(target)
    call.milestone("transfer.ended", target=target, outcome=outcome.value)
    return outcome
