"""Every administrative operation, once. The command line calls it, and the web will."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Mistake
from umbel.core.events import Event, Events, Level
from umbel.core.identifiers import Randomness
from umbel.core.instants import Clock
from umbel.core.tables import read_table, revise
from umbel.diagnosis.observation import Observation
from umbel.diagnosis.ports import Observations
from umbel.directory import repositories
from umbel.directory.objects import Configured, Mailbox, MailboxPolicy, Node
from umbel.directory.ports import Configuration
from umbel.directory.records import CallRecord, NodeRecord
from umbel.directory.validate import validate
from umbel.mailbox.message import Message, MessageId, MessageState
from umbel.mailbox.pin_rules import generate_pin, refusal, with_new_pin
from umbel.mailbox.ports import Audio, Messages, PinHasher, Pins

from .kinds import Kind, kind_named, kind_of, name_of
from .plan import Change, Plan, make_plan
from .refusals import refuse_removal_in_use, refuse_unknown_languages
from .site import objects_of, read_site, write_site


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What administration works on."""

    configurations: repositories.Configurations
    events: repositories.EventLog
    calls: repositories.CallRecords
    nodes: repositories.Nodes
    observations: Observations
    messages: Messages
    audio: Audio
    pins: Pins
    hasher: PinHasher


class Administration:
    """The operations. Every one raises ``Mistake`` for what a person got wrong."""

    def __init__(
        self,
        stores: Stores,
        *,
        clock: Clock,
        randomness: Randomness,
        events: Events,
        languages: Collection[str],
    ) -> None:
        """Administer *stores*; *languages* are those that callers can be made to hear."""
        self._languages = languages
        self._stores = stores
        self._clock = clock
        self._randomness = randomness
        self._events = events

    # --- objects ---------------------------------------------------------------------------

    async def list(self, noun: str) -> Sequence[Configured]:
        """Give all objects of a kind, by name."""
        return objects_of(await self._load(), kind_named(noun))

    async def show(self, noun: str, name: str) -> Configured:
        """Give one object."""
        return _find(await self._load(), kind_named(noun), name)

    async def add(self, noun: str, name: str, settings: Mapping[str, object]) -> Configured:
        """Create an object."""
        kind = kind_named(noun)
        configuration = await self._load()
        if _lookup(configuration, kind, name) is not None:
            raise Mistake(
                f"{kind.title} {name}",
                expected="a name that is not taken",
                where=f"{noun} add",
                do=f"to change it: umbel {noun} set {name} …",
            )
        thing = read_table(kind.type, {kind.key: name, **settings}, f"{noun} {name}")
        await self._change(configuration, [Change(before=None, after=thing)])
        return thing

    async def set(self, noun: str, name: str, settings: Mapping[str, object]) -> Change:
        """Change fields of an object."""
        kind = kind_named(noun)
        configuration = await self._load()
        before = _lookup(configuration, kind, name)
        if before is None and kind.type is Node:
            return await self._set_new_node(configuration, name, settings)
        before = before or _find(configuration, kind, name)
        change = Change(before=before, after=_with_settings(kind, before, settings))
        if change.fields:
            await self._change(configuration, [change])
        return change

    async def remove(self, noun: str, name: str) -> Change:
        """Remove an object. With a mailbox go its messages."""
        configuration = await self._load()
        thing = _find(configuration, kind_named(noun), name)
        refuse_removal_in_use(thing, configuration)
        change = Change(before=thing, after=None)
        await self._change(configuration, [change])
        return change

    async def _set_new_node(
        self, configuration: Configuration, name: str, settings: Mapping[str, object]
    ) -> Change:
        """Set something about a node about which nothing was set: it serves all the same."""
        known = [record.name for record in await self.nodes()]
        if name not in known:
            raise Mistake(
                f'"{name}"',
                expected=f"the name of a node ({', '.join(known) or 'none has served yet'})",
                where="node set",
                do=f"to set it before it serves: umbel node add {name}",
            )
        before = Node(name=name)
        change = Change(before=before, after=_with_settings(kind_of(before), before, settings))
        if change.fields:
            await self._change(configuration, [change])
        return change

    # --- the whole site --------------------------------------------------------------------

    async def plan(self, text: str, where: str, *, prune: bool = False) -> Plan:
        """Say what ``apply`` would do; the outcome is checked, nothing is changed."""
        configuration = await self._load()
        plan = make_plan(configuration, read_site(text, where), prune=prune)
        self._check(configuration, plan.changes)
        return plan

    async def apply(self, text: str, where: str, *, prune: bool = False) -> Plan:
        """Make the store hold what the file says, all of it or nothing."""
        configuration = await self._load()
        plan = make_plan(configuration, read_site(text, where), prune=prune)
        if plan.changes:
            await self._change(configuration, plan.changes)
        return plan

    async def export(self) -> str:
        """Give every object as the file that ``apply`` reads."""
        return write_site(await self._load())

    # --- PINs ------------------------------------------------------------------------------

    async def set_pin(
        self, extension: str, pin: str | None = None, *, must_change: bool = True
    ) -> str:
        """
        Give a mailbox a new PIN, made where none is given; it ends a lockout.

        Unless told otherwise the subscriber has to change it at the next logon.
        """
        configuration = await self._load()
        mailbox = _find_mailbox(configuration, extension)
        policy = configuration.policies[mailbox.policy]
        if pin is None:
            pin = generate_pin(self._randomness, policy, mailbox.extension)
        else:
            _check_pin(pin, policy, mailbox)
        hashed = await self._stores.hasher.hash(pin)
        await self._store_pin(mailbox, policy, hashed, must_change=must_change)
        self._events.tell(
            catalogue.CONFIGURATION_CHANGED, changes=f"set the PIN of mailbox {mailbox.extension}"
        )
        return pin

    async def _store_pin(
        self, mailbox: Mailbox, policy: MailboxPolicy, hashed: str, *, must_change: bool
    ) -> None:
        """Put the new PIN in the place of whatever state there is by then."""
        is_stored = False
        while not is_stored:
            state = await self._stores.pins.state(mailbox.extension)
            new = with_new_pin(state, hashed, policy, self._clock.wall(), must_change=must_change)
            is_stored = await self._stores.pins.replace(mailbox.extension, state, new)

    # --- what happens ----------------------------------------------------------------------

    async def events(
        self,
        *,
        number: int | None = None,
        level: Level | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> Sequence[Event]:
        """Give the newest events, oldest first."""
        return await self._stores.events.query(number=number, level=level, since=since, limit=limit)

    async def live_calls(self) -> Sequence[CallRecord]:
        """Give the calls that go on now, of all nodes."""
        return await self._stores.calls.live()

    async def recent_calls(self, limit: int) -> Sequence[CallRecord]:
        """Give the newest calls, newest first."""
        return await self._stores.calls.recent(limit)

    async def call(self, call: str) -> CallRecord:
        """Give one call."""
        record = await self._stores.calls.get(call)
        if record is None:
            raise Mistake(
                f'"{call}"',
                expected="a call's name",
                where="calls",
                do="umbel calls --recent lists them",
            )
        return record

    async def nodes(self) -> Sequence[NodeRecord]:
        """Give the nodes that have served from this store."""
        return await self._stores.nodes.all()

    async def configuration(self) -> Configuration:
        """Give everything that is configured, as it is now."""
        return await self._load()

    async def observations(self) -> Sequence[Observation]:
        """Give what each node saw last of each gateway, in both directions."""
        return await self._stores.observations.all()

    # --- messages --------------------------------------------------------------------------

    async def messages(self, extension: str) -> Sequence[Message]:
        """Give a mailbox's messages."""
        mailbox = _find_mailbox(await self._load(), extension)
        return await self._stores.messages.of_mailbox(
            mailbox.extension, MessageState.NEW, MessageState.SAVED, MessageState.RECORDING
        )

    async def message_audio(self, message: str) -> tuple[Message, bytes]:
        """Give a message and its samples, 16-bit linear, 8000 a second."""
        found = await self._stores.messages.get(MessageId(message))
        if found is None:
            raise Mistake(
                f'"{message}"',
                expected="a message's name",
                where="message",
                do="umbel message list EXTENSION shows them",
            )
        return found, await self._stores.audio.read(found.audio)

    # --- within ----------------------------------------------------------------------------

    async def _load(self) -> Configuration:
        return await self._stores.configurations.load()

    async def _change(self, configuration: Configuration, changes: Sequence[Change]) -> None:
        self._check(configuration, changes)
        await self._stores.configurations.apply(
            [_as_stored(change) for change in changes], expected=configuration.revision
        )
        self._events.tell(
            catalogue.CONFIGURATION_CHANGED,
            changes="; ".join(change.sentence for change in changes),
        )

    def _check(self, configuration: Configuration, changes: Sequence[Change]) -> None:
        """Refuse changes that would leave the configuration broken."""
        refuse_unknown_languages((it.after for it in changes if it.after), self._languages)
        validate(_after(configuration, changes))


def _after(configuration: Configuration, changes: Sequence[Change]) -> Configuration:
    collections: dict[str, dict[str, Configured]] = {}
    for change in changes:
        thing = change.after or change.before
        if thing is None:
            continue
        name = kind_of(thing).collection
        collection = collections.setdefault(name, dict(getattr(configuration, name)))
        if change.after is None:
            collection.pop(name_of(thing), None)
        else:
            collection[name_of(thing)] = change.after
    return replace(configuration, **collections)  # type: ignore[arg-type]  # by kind


def _as_stored(change: Change) -> repositories.Change:
    if change.after is not None:
        return repositories.Put(change.after)
    if change.before is not None:
        return repositories.Remove(change.before)
    raise Mistake("an empty change", expected="an object before or after", where="apply")


def _with_settings(kind: Kind, before: Configured, settings: Mapping[str, object]) -> Configured:
    where = f"{kind.noun} {name_of(before)}"
    if kind.key in settings:
        raise Mistake(
            f"a new {kind.key}",
            expected=f"the {kind.key} to stay as it is",
            where=where,
            do="add the new one, then remove this one",
        )
    return revise(before, settings, where)


def _lookup(configuration: Configuration, kind: Kind, name: str) -> Configured | None:
    collection: Mapping[str, Configured] = getattr(configuration, kind.collection)
    return collection.get(name)


def _find(configuration: Configuration, kind: Kind, name: str) -> Configured:
    thing = _lookup(configuration, kind, name)
    if thing is None:
        known = ", ".join(sorted(getattr(configuration, kind.collection))) or "none yet"
        raise Mistake(
            f'"{name}"', expected=f"the name of a {kind.title} ({known})", where=kind.noun
        )
    return thing


def _find_mailbox(configuration: Configuration, extension: str) -> Mailbox:
    found = _find(configuration, kind_named("mailbox"), extension)
    if not isinstance(found, Mailbox):
        raise Mistake(f'"{extension}"', expected="a mailbox", where="mailbox")
    return found


def _check_pin(pin: str, policy: MailboxPolicy, mailbox: Mailbox) -> None:
    refused = refusal(pin, policy, mailbox)
    if refused is not None:
        raise Mistake(
            "a PIN that " + refused.value,
            expected=f"a PIN as the policy {policy.name} wants it",
            where=f"mailbox {mailbox.extension}",
            do="leave it out, and one is made",
        )
