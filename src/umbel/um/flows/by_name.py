"""Dialling a person by name on the keypad."""

from collections.abc import Sequence

from umbel.directory.dial_by_name import Match
from umbel.directory.objects import DialPlan, Mailbox, NameOrder
from umbel.speech.phrase import Phrase, Spoken
from umbel.um.call import Call
from umbel.um.person import spoken_name
from umbel.um.world import World

from .asking import STAR, choose, dial

LONGEST_NAME = 30
"""Keys that are taken for a name."""

A_PAGE = 9
"""Names read out at once, one for each of the keys 1 to 9."""

MOST_MATCHES = 3 * A_PAGE
"""More are not read out: the caller spells on."""

MORE = "#"


async def find_person(call: Call, world: World, dial_plan: DialPlan) -> Mailbox | None:
    """Let the caller spell a name and choose among those who have it; ``None``: nobody was."""
    tries = dial_plan.input_failures
    for _ in range(tries):
        keys = await dial(call, *_invitation(dial_plan), most=LONGEST_NAME, tries=tries)
        if keys is None or keys == STAR:
            return None
        found = world.names(dial_plan).matches(keys)
        call.milestone("directory.searched", keys=keys, matches=len(found))
        person = await _choose(call, world, found, tries)
        if person is not None:
            return person
    return None


def _invitation(dial_plan: DialPlan) -> tuple[Spoken, ...]:
    first_first = dial_plan.name_order is NameOrder.FIRST_LAST
    invitation = Phrase("dial-name-first-last" if first_first else "dial-name")
    return invitation, Phrase("dial-name-letters"), Phrase("to-go-back")


async def _choose(call: Call, world: World, found: Sequence[Match], tries: int) -> Mailbox | None:
    match found:
        case []:
            await call.say(Phrase("no-such-name"))
            return None
        case [only]:
            return await _confirm(call, world, only, tries)
        case _ if len(found) > MOST_MATCHES:
            await call.say(Phrase("too-many-names"))
            return None
        case _:
            await call.say(Phrase("names-found", {"count": len(found)}))
            return await _choose_of_pages(call, world, found, tries)


async def _confirm(call: Call, world: World, only: Match, tries: int) -> Mailbox | None:
    name = await spoken_name(world, only.mailbox)
    question = (Phrase("call-this-person", {"name": name}), Phrase("to-go-back"))
    key = await choose(call, *question, choices="1*", tries=tries)
    return only.mailbox if key == "1" else None


async def _choose_of_pages(
    call: Call, world: World, found: Sequence[Match], tries: int
) -> Mailbox | None:
    """Read out nine names at a time; after the last page comes the first."""
    first = 0
    while True:
        page = found[first : first + A_PAGE]
        keys = "123456789"[: len(page)]
        spoken = [part for key, match in zip(keys, page, strict=True)
                  for part in await _choice(world, match, key)]  # fmt: skip
        if len(found) > A_PAGE:
            keys += MORE
            spoken.append(Phrase("more-names"))
        key = await choose(call, *spoken, Phrase("to-go-back"), choices=keys + STAR, tries=tries)
        if key is None or key == STAR:
            return None
        if key != MORE:
            return page[int(key) - 1].mailbox
        first = first + A_PAGE if first + A_PAGE < len(found) else 0


async def _choice(world: World, match: Match, key: str) -> tuple[Spoken, ...]:
    name = await spoken_name(world, match.mailbox)
    choice = Phrase("name-choice", {"name": name, "key": key})
    if not match.is_namesake:
        return (choice,)
    number = match.mailbox.extension
    return Phrase("name-at-extension", {"name": name, "number": number}), choice
