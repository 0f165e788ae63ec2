"""Configuration, events, calls and nodes, on both databases."""

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog.testing
from sqlalchemy import Connection, Table, insert
from tests.support.program import eventually
from tests.support.still_clock import PIONEERS_DAY

from umbel.backends.sql import SqlStore, schema
from umbel.backends.sql.rows import put_rows
from umbel.core import event_catalogue
from umbel.core.errors import Mistake, Misuse
from umbel.core.events import Category, Event, EventKind, Level
from umbel.directory.objects import (
    AutoAttendant,
    DialPlan,
    Gateway,
    HuntGroup,
    KeyAction,
    KeyMapping,
    Mailbox,
    MailboxPolicy,
    Security,
    Transport,
)
from umbel.directory.ports import Configuration
from umbel.directory.records import (
    CallRecord,
    CallState,
    CallStatistics,
    Direction,
    Milestone,
    NodeLoad,
    NodeRecord,
)
from umbel.directory.repositories import Put, Remove
from umbel.mailbox.message import AudioId, Caller, Importance, MessageState
from umbel.mailbox.pin import PinState

from .conftest import MakeStore

PLAN = DialPlan(name="HQ", security=Security.SECURED, access_numbers=("1000", "+4315551000"))
GATEWAY = Gateway(name="lync", address="pool.example.org", port=5061, transport=Transport.TLS)
GROUP = HuntGroup(name="lync-HQ", gateway="lync", dial_plan="HQ")
POLICY = MailboxPolicy(name="staff", pin_lifetime_days=None, failures_before_reset=None)
ATTENDANT = AutoAttendant(
    name="front desk",
    dial_plan="HQ",
    pilots=("2000",),
    keys=(KeyMapping(key="1", label="sales", action=KeyAction.EXTENSION, target="1002"),),
)
ANTONIO = Mailbox(extension="1001", dial_plan="HQ", policy="staff", name="Antonio Meucci")
EVERYTHING = (PLAN, GATEWAY, GROUP, POLICY, ATTENDANT, ANTONIO)


class TestConfiguration:
    async def test_is_empty_at_first(self, store: SqlStore) -> None:
        assert await store.configuration.load() == Configuration()

    async def test_comes_back_as_it_was_put(self, store: SqlStore) -> None:
        """Nulls and nested key mappings included."""
        revision = await store.configuration.apply([Put(thing) for thing in EVERYTHING])

        assert await store.configuration.load() == Configuration(
            revision=revision,
            dial_plans={"HQ": PLAN},
            gateways={"lync": GATEWAY},
            hunt_groups={"lync-HQ": GROUP},
            attendants={"front desk": ATTENDANT},
            policies={"staff": POLICY},
            mailboxes={"1001": ANTONIO},
        )

    async def test_has_a_revision_that_every_change_raises(self, store: SqlStore) -> None:
        assert await store.configuration.revision() == 0
        assert await store.configuration.apply([Put(PLAN)]) == 1
        assert await store.configuration.apply([Put(replace(PLAN, digits=5))]) == 2
        assert await store.configuration.apply([Remove(PLAN)]) == 3
        assert await store.configuration.revision() == 3
        assert await store.configuration.load() == Configuration(revision=3)

    async def test_is_not_changed_by_no_changes(self, store: SqlStore) -> None:
        assert await store.configuration.apply([]) == 0

    async def test_takes_all_changes_or_none(self, store: SqlStore) -> None:
        with pytest.raises(Mistake, match="no gateway lync"):
            await store.configuration.apply([Put(PLAN), Remove(GATEWAY)])

        assert await store.configuration.load() == Configuration()

    async def test_refuses_changes_that_were_planned_for_another_revision(
        self, store: SqlStore
    ) -> None:
        await store.configuration.apply([Put(PLAN)], expected=0)

        with pytest.raises(Mistake, match="somebody changed it meanwhile"):
            await store.configuration.apply([Put(POLICY)], expected=0)

        assert await store.configuration.load() == Configuration(
            revision=1, dial_plans={"HQ": PLAN}
        )

    async def test_gives_two_changes_at_once_different_revisions(self, store: SqlStore) -> None:
        revisions = await asyncio.gather(
            *(store.configuration.apply([Put(it)]) for it in EVERYTHING)
        )

        assert sorted(revisions) == [1, 2, 3, 4, 5, 6]

    async def test_of_a_newer_umbel_is_told_and_not_misread(self, store: SqlStore) -> None:
        row = {"kind": "gateway", "name": "new", "fields": {"name": "new", "colour": "blue"}}
        await store._database.write(lambda it: it.execute(insert(schema.configured), row))

        with pytest.raises(Mistake, match='gateway new: found the unknown key "colour"'):
            await store.configuration.load()

    async def test_of_an_unknown_kind_is_told(self, store: SqlStore) -> None:
        row = {"kind": "teapot", "name": "new", "fields": {}}
        await store._database.write(lambda it: it.execute(insert(schema.configured), row))

        with pytest.raises(Misuse, match="teapot"):
            await store.configuration.load()


class TestARemovedMailbox:
    async def test_takes_everything_personal_with_it(self, store: SqlStore) -> None:
        """Its extension may be somebody else's tomorrow."""
        await store.configuration.apply([Put(ANTONIO)])
        message = await store.messages.begin("1001", Caller(), "call-1")
        await store.audio.append(message.audio, bytes(160))
        await store.messages.deliver(message.id, 0.01, Importance.NORMAL)
        name = await store.audio.create()
        await store.audio.append(name, bytes(160))
        await store.greetings.set_spoken_name("1001", name)
        await store.greetings.set_greeting("1002", AudioId("theirs"))
        await store.pins.replace("1001", PinState(), PinState(hashed="hash"))

        await store.configuration.apply([Remove(ANTONIO)])

        assert await store.messages.of_mailbox("1001", *MessageState) == []
        assert await store.pins.state("1001") == PinState()
        assert await store.greetings.spoken_name("1001") is None
        assert await store.greetings.greeting("1002") == "theirs"
        assert [await store.audio.read(it) for it in (message.audio, name)] == [b"", b""]

    async def test_leaves_nothing_to_who_gets_its_extension(self, store: SqlStore) -> None:
        """A greeting that was being recorded when the mailbox went, for one."""
        await store.configuration.apply([Put(ANTONIO)])
        await store.configuration.apply([Remove(ANTONIO)])
        audio = await store.audio.create()
        await store.greetings.set_greeting("1001", audio)
        await store.configuration.apply([Put(replace(ANTONIO, name="Innocenzo Manzetti"))])

        assert await store.greetings.greeting("1001") is None

    async def test_leaves_what_is_changed_alone(self, store: SqlStore) -> None:
        await store.configuration.apply([Put(ANTONIO)])
        audio = await store.audio.create()
        await store.greetings.set_greeting("1001", audio)
        await store.configuration.apply([Put(replace(ANTONIO, name="Antonio Santi Meucci"))])

        assert await store.greetings.greeting("1001") == audio

    async def test_is_forgotten_at_the_next_start_whatever_calls_kept_for_it(
        self, make_store: MakeStore
    ) -> None:
        store = make_store()
        await store.open()
        await store.configuration.apply([Put(ANTONIO)])
        kept = await store.messages.begin("1001", Caller(), "call-1")
        await store.audio.append(kept.audio, bytes(160))
        lost = await store.messages.begin("1009", Caller(), "call-2")
        await store.audio.append(lost.audio, bytes(160))
        await store.close()
        again = make_store()
        await again.open(to_serve=True)

        assert await again.messages.unfinished("node01.example.org") == [kept]
        assert await again.audio.read(kept.audio) == bytes(160)
        assert await again.audio.read(lost.audio) == b""
        await again.close()


UNREADABLE = "\udcff"
"""Stands for an octet that is no UTF-8: no database takes it."""


def started(listeners: str = "udp:10.0.0.1:5060", after: float = 0) -> Event:
    return Event(
        kind=event_catalogue.SERVICE_STARTED,
        at=PIONEERS_DAY + timedelta(seconds=after),
        node="node01",
        fields={"node": "node01", "listeners": listeners},
    )


def engine_lost(after: float) -> Event:
    return Event(
        kind=event_catalogue.ENGINE_LOST,
        at=PIONEERS_DAY + timedelta(seconds=after),
        node="node01",
        fields={"node": "node01", "reason": "it was killed", "calls": 3},
    )


class TestEvents:
    async def test_come_back_as_they_were_told(self, store: SqlStore) -> None:
        store.events.append(started())
        store.events.append(engine_lost(after=1))

        assert await self.all_of(store) == [started(), engine_lost(after=1)]

    async def test_the_newest_are_given_oldest_first(self, store: SqlStore) -> None:
        for second in range(5):
            store.events.append(started(after=second))

        assert await self.all_of(store, limit=2) == [started(after=3), started(after=4)]

    async def test_are_chosen_by_number_level_and_time(self, store: SqlStore) -> None:
        store.events.append(started())
        store.events.append(engine_lost(after=1))
        store.events.append(started(after=2))

        assert await self.all_of(store, number=1037) == [started(), started(after=2)]
        assert await self.all_of(store, level=Level.WARNING) == [engine_lost(after=1)]
        assert await self.all_of(store, level=Level.ERROR) == [engine_lost(after=1)]
        later = PIONEERS_DAY + timedelta(seconds=2)
        assert await self.all_of(store, since=later) == [started(after=2)]

    async def test_of_an_unknown_number_keep_their_sentence(self, store: SqlStore) -> None:
        """Nodes of two versions share a store while a cluster is being upgraded."""
        kind = EventKind(
            number=9999,
            level=Level.WARNING,
            category=Category.SYSTEM,
            sentence="The {thing} is {{new}}.",
            do="Nothing.",
        )
        store.events.append(Event(kind=kind, at=PIONEERS_DAY, node="n", fields={"thing": "flux"}))

        (event,) = await self.all_of(store)

        assert event.sentence == "The flux is {new}."
        assert (event.kind.number, event.kind.level) == (9999, Level.WARNING)

    @pytest.mark.parametrize("text", ["\0", UNREADABLE])
    async def test_that_cannot_be_kept_cost_no_others(self, store: SqlStore, text: str) -> None:
        """SQLite takes a NUL; PostgreSQL does not, and is there nevertheless."""
        store.events.append(started(text))
        store.events.append(engine_lost(after=1))

        assert engine_lost(after=1) in await self.all_of(store)

    async def all_of(self, store: SqlStore, **criteria: object) -> list[Event]:
        """What was appended is kept once a later write is."""
        await store._database.write(lambda connection: None)
        return await store.events.query(**criteria)  # type: ignore[arg-type]  # as the tests give them


RINGING = CallRecord(
    id="call-1",
    node="node01",
    direction=Direction.INBOUND,
    state=CallState.OFFERED,
    started=PIONEERS_DAY,
    caller="1002",
    dialled="2000",
)
PAST = replace(
    RINGING,
    id="call-0",
    state=CallState.ENDED,
    started=PIONEERS_DAY - timedelta(minutes=5),
    answered=PIONEERS_DAY - timedelta(minutes=4),
    ended=PIONEERS_DAY,
    caller_name="Elisha Gray",
    gateway="lync",
    dial_plan="HQ",
    mailbox="1001",
    attendant="front desk",
    flow="attendant",
    caption="Goodbye.",
    milestones=(
        Milestone(at=PIONEERS_DAY, name="attendant.offered"),
        Milestone(at=PIONEERS_DAY, name="attendant.chosen", fields={"key": "1", "again": False}),
    ),
    status=200,
    reason="the caller hung up",
    statistics=CallStatistics(codec="PCMA", packets_sent=12, jitter=0.0012),
)


class TestCalls:
    async def test_come_back_as_they_were_put(self, store: SqlStore) -> None:
        store.calls.put(RINGING)
        store.calls.put(PAST)

        await self.kept(store)

        assert await store.calls.get("call-1") == RINGING
        assert await store.calls.get("call-0") == PAST
        assert await store.calls.get("call-2") is None

    async def test_are_kept_though_nothing_follows(self, store: SqlStore) -> None:
        store.calls.put(RINGING)

        found = await eventually(
            lambda: store.calls.get("call-1"), 10, lambda: AssertionError("it was not kept")
        )

        assert found == RINGING

    async def test_are_replaced_as_they_go_on(self, store: SqlStore) -> None:
        answered = replace(RINGING, state=CallState.ANSWERED, answered=PIONEERS_DAY)
        store.calls.put(RINGING)
        store.calls.put(answered)

        await self.kept(store)

        assert await store.calls.live() == [answered]
        assert answered.is_live

    async def test_are_live_until_they_end(self, store: SqlStore) -> None:
        store.calls.put(RINGING)
        store.calls.put(PAST)

        await self.kept(store)

        assert await store.calls.live() == [RINGING]
        assert await store.calls.recent() == [RINGING, PAST]
        assert await store.calls.recent(limit=1) == [RINGING]
        assert not PAST.is_live

    async def test_end_when_their_node_stopped(self, store: SqlStore) -> None:
        store.calls.put(RINGING)
        store.calls.put(PAST)

        assert await store.calls.abandon("node01", PIONEERS_DAY, "node01 stopped") == 1

        ended = replace(RINGING, state=CallState.ENDED, ended=PIONEERS_DAY, reason="node01 stopped")
        assert await store.calls.recent() == [ended, PAST]

    async def test_of_other_nodes_live_on_where_there_can_be_others(self, store: SqlStore) -> None:
        store.calls.put(RINGING)

        abandoned = await store.calls.abandon("node02", PIONEERS_DAY, "node02 stopped")

        assert abandoned == (1 if store.url.startswith("sqlite") else 0)

    async def test_that_go_on_meanwhile_are_not_set_back_by_another_that_is_refused(
        self, store: SqlStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun, may_go_on = threading.Event(), threading.Event()

        def put_slowly(
            connection: Connection, table: Table, rows: list[Mapping[str, object]]
        ) -> None:
            begun.set()
            assert may_go_on.wait(10)
            put_rows(connection, table, rows)

        monkeypatch.setattr("umbel.backends.sql.calls.put_rows", put_slowly)
        store.calls.put(replace(RINGING, state=CallState.ANSWERED))
        store.calls.put(replace(PAST, reason=UNREADABLE))
        assert await asyncio.to_thread(begun.wait, 10)
        ended = replace(RINGING, state=CallState.ENDED, ended=PIONEERS_DAY)
        store.calls.put(ended)
        may_go_on.set()

        await self.kept(store)
        await self.kept(store)  # Nothing that was written once more comes after the end either.

        assert await store.calls.recent() == [ended]

    async def test_that_are_refused_are_told_in_the_log(self, store: SqlStore) -> None:
        with structlog.testing.capture_logs() as logs:
            store.calls.put(RINGING)
            store.calls.put(replace(PAST, reason=UNREADABLE))
            await self.kept(store)

        assert [(line["what"], line["log_level"]) for line in logs] == [("call call-0", "error")]
        assert await store.calls.recent() == [RINGING]

    async def kept(self, store: SqlStore) -> None:
        """What was put is kept once a later write is."""
        await store._database.write(lambda connection: None)


class TestNodes:
    NODE = NodeRecord(
        name="node01.example.org",
        version="2026.11.0",
        started=PIONEERS_DAY,
        heartbeat=PIONEERS_DAY,
        listeners=("udp:10.0.0.1:5060", "tls:10.0.0.1:5061"),
    )

    async def test_are_known_while_their_heart_beats(self, store: SqlStore) -> None:
        other = replace(self.NODE, name="node00.example.org")
        load = NodeLoad(
            calls=3, sessions=4, busy=0.25, latest=0.004, skipped=1, refused=2, full_because="why"
        )
        later = replace(self.NODE, heartbeat=PIONEERS_DAY + timedelta(seconds=5), load=load)
        for beat in (self.NODE, other, later):
            await store.nodes.beat(beat)

        assert await store.nodes.all() == [other, later]
