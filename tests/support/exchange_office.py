"""A small organisation and a world around it, for flows under test."""

from dataclasses import replace
from datetime import datetime

from tests.support.memory_store import MemoryStore
from tests.support.scripted_call import NOW

from umbel.core.instants import Duration
from umbel.directory.lookup import Directory
from umbel.directory.objects import (
    AutoAttendant,
    Configured,
    DialPlan,
    KeyAction,
    KeyMapping,
    Mailbox,
    MailboxPolicy,
    Status,
)
from umbel.directory.ports import Configuration
from umbel.mailbox.message import AudioId, Caller, Importance, Message
from umbel.mailbox.pin import PinState
from umbel.um.world import World

PLAN = DialPlan(name="boston", operator="2000", attendant="front-desk", access_numbers=("2999",))
POLICY = MailboxPolicy(name="standard")


def subscriber(extension: str, name: str) -> Mailbox:
    """Make a mailbox of the plan."""
    return Mailbox(extension=extension, dial_plan="boston", policy="standard", name=name)


BELL = replace(subscriber("2001", "Alexander Graham Bell"), sip_uri="sip:bell@boston.example")
GRAY = replace(subscriber("2002", "Elisha Gray"), operator="2009")
WATSON = replace(subscriber("2003", "Thomas Watson"), in_directory=False)
MEUCCI = replace(subscriber("2004", "Antonio Meucci"), subscriber_access=False)

PIN = "271828"

FRONT_DESK = AutoAttendant(
    name="front-desk",
    dial_plan="boston",
    keys=(
        KeyMapping(key="1", label="Sales", action=KeyAction.EXTENSION, target="3001"),
        KeyMapping(key="2", label="the workshop", action=KeyAction.ATTENDANT, target="workshop"),
        KeyMapping(key="3", label="a message to Mister Bell", action=KeyAction.MAILBOX, target="2001"),
        KeyMapping(key="4", label="our address", action=KeyAction.ANNOUNCEMENT, target="5 Exeter Place."),
        KeyMapping(key="5", label="help", action=KeyAction.OPERATOR),
        KeyMapping(key="6", label="your mailbox", action=KeyAction.SUBSCRIBER_ACCESS),
        KeyMapping(key="7", label="names", action=KeyAction.DIRECTORY),
        KeyMapping(key="8", label="Mister Gray", action=KeyAction.EXTENSION, target="2002"),
    ),
)  # fmt: skip
WORKSHOP = AutoAttendant(
    name="workshop",
    dial_plan="boston",
    greeting="Mister Watson, come here.",
    operator="2003",
    keys=(
        KeyMapping(key="1", label="the cellar", action=KeyAction.ATTENDANT, target="cellar"),
        KeyMapping(key="2", label="nobody", action=KeyAction.MAILBOX, target="2999"),
        KeyMapping(key="3", label="a tune", action=KeyAction.ANNOUNCEMENT, target="tune.wav"),
    ),
)
CELLAR = AutoAttendant(name="cellar", dial_plan="boston", status=Status.DISABLED)


def configured(*changed: Configured) -> Configuration:
    """Give the organisation, with some objects in place of those of the same name."""
    objects = {_key(each): each for each in (*_ORGANISATION, *changed)}.values()
    return Configuration(
        dial_plans={each.name: each for each in objects if isinstance(each, DialPlan)},
        attendants={each.name: each for each in objects if isinstance(each, AutoAttendant)},
        policies={each.name: each for each in objects if isinstance(each, MailboxPolicy)},
        mailboxes={each.extension: each for each in objects if isinstance(each, Mailbox)},
    )


_ORGANISATION: tuple[Configured, ...] = (
    PLAN, POLICY, BELL, GRAY, WATSON, MEUCCI, FRONT_DESK, WORKSHOP, CELLAR,
)  # fmt: skip


def _key(each: Configured) -> tuple[str, str]:
    return type(each).__name__, each.extension if isinstance(each, Mailbox) else each.name


class Office:
    """A store in memory, the organisation, and everybody's PIN."""

    def __init__(self, *changed: Configured, now: datetime = NOW) -> None:
        self.store = MemoryStore()
        self.configuration = configured(*changed)
        self.world = World(
            messages=self.store.messages,
            audio=self.store.audio,
            greetings=self.store.greetings,
            pins=self.store.pins,
            hasher=self.store.hasher,
            directory=lambda: Directory(self.configuration),
            wall=lambda: now,
        )
        for extension in self.configuration.mailboxes:
            self.store.pins.states[extension] = PinState(hashed=f"hash({PIN})", set_at=NOW)

    async def leave(
        self,
        seconds: Duration = 20,
        caller: Caller | None = None,
        importance: Importance = Importance.NORMAL,
    ) -> Message:
        """Put a message into Bell's mailbox."""
        sender = caller or Caller(number="2002", uri="sip:2002@gw", mailbox="2002")
        message = await self.store.messages.begin("2001", sender, "call-0")
        await self.store.audio.append(message.audio, bytes(int(seconds * 16_000)))
        return await self.store.messages.deliver(message.id, seconds, importance)

    async def record_greeting(self, mailbox: str = "2001", seconds: Duration = 4) -> AudioId:
        """Give a mailbox a greeting of its own."""
        audio = await self.store.audio.create()
        await self.store.audio.append(audio, bytes(int(seconds * 16_000)))
        await self.store.greetings.set_greeting(mailbox, audio)
        return audio

    def of_bell(self) -> list[Message]:
        """Give all messages of Bell, in any state."""
        return [each for each in self.store.messages.kept.values() if each.mailbox == "2001"]
