"""Every administrative operation, on a real store, and what it says to each mistake."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest
from tests.support.memory_store import MemoryPins, ReadableHasher, Switch
from tests.support.node import SITE
from tests.support.repeatable_randomness import RepeatableRandomness
from tests.support.still_clock import PIONEERS_DAY, StillClock

from umbel.admin.administration import Administration, Stores
from umbel.app.teller import Teller
from umbel.backends.sql import SqlStore
from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Mistake
from umbel.core.events import Event
from umbel.directory.objects import Gateway, Mailbox
from umbel.directory.records import CallRecord, CallState, Direction, NodeRecord
from umbel.directory.repositories import Change, Put
from umbel.mailbox.message import AudioId, Caller, Importance
from umbel.mailbox.pin import PinState
from umbel.mailbox.ports import Pins

NODE = "node01.umbel.test"
NODE_RECORD = NodeRecord(name=NODE, version="1", started=PIONEERS_DAY, heartbeat=PIONEERS_DAY)


@dataclass
class Office:
    """An administrator at a store, and what was told."""

    admin: Administration
    store: SqlStore
    stores: Stores
    told: list[Event] = field(default_factory=list)

    def with_pins(self, pins: Pins) -> Administration:
        """Give another administrator, whose PINs are kept elsewhere."""
        return _administration(replace(self.stores, pins=pins), self.told)

    @property
    def changes(self) -> list[object]:
        """Give what the events say was changed."""
        return [
            event.fields["changes"]
            for event in self.told
            if event.kind is catalogue.CONFIGURATION_CHANGED
        ]


def _administration(stores: Stores, told: list[Event]) -> Administration:
    clock = StillClock()
    teller = Teller(NODE, clock)
    teller.add_listener(told.append)
    return Administration(
        stores,
        clock=clock,
        randomness=RepeatableRandomness(),
        events=teller,
        languages=("de-AT", "en-US"),
    )


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Office]:
    """Give an administrator of an empty store."""
    store = SqlStore(
        f"sqlite:///{tmp_path}/umbel.db",
        clock=StillClock(),
        randomness=RepeatableRandomness("store"),
        node=NODE,
    )
    await store.open()
    stores = Stores(
        configurations=store.configuration,
        events=store.events,
        calls=store.calls,
        nodes=store.nodes,
        observations=store.observations,
        messages=store.messages,
        audio=store.audio,
        pins=store.pins,
        hasher=ReadableHasher(),
    )
    told: list[Event] = []
    yield Office(_administration(stores, told), store, stores, told)
    await store.close()


@pytest.fixture
async def office(empty: Office) -> Office:
    """Give an administrator of a small site."""
    await empty.admin.apply(SITE, "site.toml")
    empty.told.clear()
    return empty


class TestAdding:
    async def test_creates_the_object_and_tells_it(self, office: Office) -> None:
        added = await office.admin.add("gateway", "pbx", {"address": "pbx.example.org"})

        assert await office.admin.show("gateway", "pbx") == added
        assert office.changes == ["add gateway pbx"]

    async def test_refuses_a_name_that_is_taken(self, office: Office) -> None:
        with pytest.raises(Mistake, match="found gateway loopback, expected a name that is not"):
            await office.admin.add("gateway", "loopback", {"address": "x.example.org"})

        assert office.changes == []

    @pytest.mark.parametrize(
        ("noun", "settings", "message"),
        [
            ("gateway", {"adress": "x"}, 'did you mean "address"'),
            ("gateway", {}, "found no address"),
            ("huntgroup", {"gateway": "nobody", "dial_plan": "office"}, "nobody"),
            ("telephone", {}, "expected one of node, dialplan"),
        ],
    )
    async def test_refuses_what_cannot_work(
        self, office: Office, noun: str, settings: dict[str, object], message: str
    ) -> None:
        with pytest.raises(Mistake, match=message):
            await office.admin.add(noun, "new", settings)

        assert office.changes == []


class TestSetting:
    async def test_changes_the_fields_and_tells_before_and_after(self, office: Office) -> None:
        change = await office.admin.set("gateway", "loopback", {"port": 5070})

        assert change.sentence == "set gateway loopback: port (none) → 5070"
        assert office.changes == [change.sentence]
        assert await office.admin.show("gateway", "loopback") == change.after

    async def test_to_what_it_is_changes_and_tells_nothing(self, office: Office) -> None:
        before = await office.store.configuration.revision()
        change = await office.admin.set("gateway", "loopback", {"address": "127.0.0.1"})

        assert change.fields == ()
        assert await office.store.configuration.revision() == before
        assert office.changes == []

    async def test_tells_no_password(self, office: Office) -> None:
        await office.admin.set("gateway", "loopback", {"username": "bell"})
        office.told.clear()
        await office.admin.set("gateway", "loopback", {"password": "Watson, come here"})
        change = await office.admin.set("gateway", "loopback", {"password": "I want to see you"})

        assert change.sentence == "set gateway loopback: password (secret) → (secret)"
        assert office.changes == [
            "set gateway loopback: password (none) → (secret)",
            "set gateway loopback: password (secret) → (secret)",
        ]

    async def test_the_name_is_refused(self, office: Office) -> None:
        with pytest.raises(Mistake, match="add the new one, then remove this one"):
            await office.admin.set("mailbox", "2001", {"extension": "2009"})

    async def test_of_what_is_not_there_names_what_is(self, office: Office) -> None:
        with pytest.raises(Mistake, match=r"the name of a gateway \(loopback\)"):
            await office.admin.set("gateway", "lopback", {"port": 5070})

    async def test_in_an_empty_store_says_that_there_is_none_yet(self, empty: Office) -> None:
        with pytest.raises(Mistake, match=r"the name of a gateway \(none yet\)"):
            await empty.admin.set("gateway", "pbx", {"port": 5070})

    async def test_what_others_refer_to_wrongly_is_refused(self, office: Office) -> None:
        with pytest.raises(Mistake, match="nowhere"):
            await office.admin.set("mailbox", "2001", {"dial_plan": "nowhere"})


class TestRemoving:
    async def test_takes_the_messages_of_a_mailbox_with_it(self, office: Office) -> None:
        message = await office.store.messages.begin("2002", Caller(), "call-1")
        await office.admin.remove("mailbox", "2002")

        assert await office.store.messages.get(message.id) is None
        assert office.changes == ["remove mailbox 2002"]
        assert [it.name for it in await mailboxes(office.admin)] == ["Antonio Meucci"]

    async def test_what_others_refer_to_is_refused(self, office: Office) -> None:
        with pytest.raises(Mistake, match="office"):
            await office.admin.remove("dialplan", "office")

        assert office.changes == []


class TestApplying:
    async def test_is_all_or_nothing(self, office: Office) -> None:
        """The first object of the file is good, the last is not."""
        text = '[[gateway]]\nname = "pbx"\naddress = "pbx.example.org"\n' + SITE.replace(
            'gateway = "loopback"', 'gateway = "nobody"'
        )

        with pytest.raises(Mistake, match="nobody"):
            await office.admin.apply(text, "site.toml")
        with pytest.raises(Mistake, match="nobody"):
            await office.admin.plan(text, "site.toml")
        with pytest.raises(Mistake, match="the name of a gateway"):
            await office.admin.show("gateway", "pbx")

    async def test_planned_changes_nothing(self, office: Office) -> None:
        plan = await office.admin.plan('[[dialplan]]\nname = "plant"', "site.toml", prune=True)

        sentences = [change.sentence for change in plan.changes]
        assert sentences[0] == "add dialplan plant"
        assert "remove mailbox 2001" in sentences
        assert len(await mailboxes(office.admin)) == 2
        assert office.changes == []

    async def test_pruned_removes_what_is_not_in_the_file(self, office: Office) -> None:
        await office.admin.apply('[[dialplan]]\nname = "plant"', "site.toml", prune=True)

        assert await mailboxes(office.admin) == []
        assert (await office.admin.export()).startswith('[[dialplan]]\nname = "plant"')

    async def test_an_export_changes_nothing_and_tells_nothing(self, office: Office) -> None:
        plan = await office.admin.apply(await office.admin.export(), "export.toml", prune=True)

        assert plan.changes == ()
        assert office.changes == []

    async def test_is_refused_when_somebody_else_changed_something_meanwhile(
        self, office: Office
    ) -> None:
        """Both have read the same revision; the second to write would undo the first."""
        meanwhile = Meanwhile(office)
        admin = _administration(replace(office.stores, configurations=meanwhile), office.told)

        with pytest.raises(Mistake, match=r"somebody changed it meanwhile.*run the command again"):
            await admin.set("gateway", "loopback", {"port": 5070})

        assert office.changes == []
        kept = await office.admin.show("gateway", "loopback")
        assert isinstance(kept, Gateway)
        assert kept.port is None
        assert kept.username == "somebody else"


class Meanwhile:
    """The configuration of an office where somebody is always a moment faster."""

    def __init__(self, office: Office) -> None:
        self._kept = office.store.configuration
        self.load = self._kept.load
        self.revision = self._kept.revision

    async def apply(self, changes: Sequence[Change], *, expected: int | None = None) -> int:
        """Let the other one be first."""
        gateway = (await self._kept.load()).gateways["loopback"]
        await self._kept.apply([Put(replace(gateway, username="somebody else"))])
        return await self._kept.apply(changes, expected=expected)


class TestPins:
    async def test_are_made_and_told_once_and_must_be_changed(self, office: Office) -> None:
        pin = await office.admin.set_pin("2001")
        state = await office.store.pins.state("2001")

        assert pin.isdigit()
        assert len(pin) == 6
        assert (state.hashed, state.must_change, state.set_at) == (
            f"hash({pin})",
            True,
            PIONEERS_DAY,
        )
        assert office.changes == ["set the PIN of mailbox 2001"]
        assert pin not in str(office.told)

    async def test_may_be_chosen_and_stay(self, office: Office) -> None:
        assert await office.admin.set_pin("2001", "271828", must_change=False) == "271828"
        assert not (await office.store.pins.state("2001")).must_change

    @pytest.mark.parametrize("pin", ["1234", "abcdef", "123456", "992001"])
    async def test_that_the_policy_forbids_are_refused(self, office: Office, pin: str) -> None:
        with pytest.raises(Mistake, match="a PIN as the policy standard wants it"):
            await office.admin.set_pin("2001", pin)

        assert await office.store.pins.state("2001") == PinState()

    async def test_of_nobody_are_refused(self, office: Office) -> None:
        with pytest.raises(Mistake, match=r"the name of a mailbox \(2001, 2002\)"):
            await office.admin.set_pin("2009")

    async def test_end_a_lockout_that_comes_at_the_same_moment(self, office: Office) -> None:
        """Between the look at the state and its change a caller fails, and then one more."""
        failing = PinState(hashed="hash(old)", failures=14)
        locked = replace(failing, failures=15, is_locked_out=True)
        pins = MemoryPins(Switch(), {"2001": PinState()}, [failing, locked])

        pin = await office.with_pins(pins).set_pin("2001")

        state = pins.states["2001"]
        assert (state.hashed, state.is_locked_out, state.failures) == (f"hash({pin})", False, 0)
        assert "hash(old)" in state.history


class TestWatching:
    async def test_gives_events_by_number_level_and_time(self, office: Office) -> None:
        teller = Teller(NODE, StillClock())
        teller.add_listener(office.store.events.append)
        teller.tell(catalogue.SERVICE_STARTED, node=NODE, listeners="udp")
        teller.tell(catalogue.ENGINE_LOST, node=NODE, reason="killed", calls=0)
        await office.store.nodes.beat(NODE_RECORD)  # What was written before it is there now.
        found = await office.admin.events(number=2020)

        assert [event.kind for event in found] == [catalogue.ENGINE_LOST]
        assert len(await office.admin.events(limit=1)) == 1
        assert (
            await office.admin.events(since=datetime.max.replace(tzinfo=PIONEERS_DAY.tzinfo)) == []
        )

    async def test_gives_calls_live_and_past(self, office: Office) -> None:
        live = CallRecord(
            id="call-1", node=NODE, direction=Direction.INBOUND,
            state=CallState.ANSWERED, started=PIONEERS_DAY,
        )  # fmt: skip
        past = replace(live, id="call-2", state=CallState.ENDED, ended=PIONEERS_DAY)
        office.store.calls.put(live)
        office.store.calls.put(past)
        await office.store.nodes.beat(NODE_RECORD)  # What was written before it is there now.

        assert await office.admin.live_calls() == [live]
        assert {call.id for call in await office.admin.recent_calls(5)} == {"call-1", "call-2"}
        assert await office.admin.call("call-2") == past
        with pytest.raises(Mistake, match="umbel calls --recent lists them"):
            await office.admin.call("call-3")

    async def test_gives_the_nodes(self, office: Office) -> None:
        await office.store.nodes.beat(NODE_RECORD)

        assert await office.admin.nodes() == [NODE_RECORD]


class TestMessages:
    async def test_are_given_with_their_audio_also_while_they_are_spoken(
        self, office: Office
    ) -> None:
        spoken = await office.store.messages.begin("2001", Caller(number="2002"), "call-1")
        await office.store.audio.append(spoken.audio, b"\x01\x02" * 8000)
        sent = await office.store.messages.begin("2001", Caller(), "call-2")
        sent = await office.store.messages.deliver(sent.id, 3.0, Importance.HIGH)

        assert [it.id for it in await office.admin.messages("2001")] == [sent.id, spoken.id]
        assert await office.admin.message_audio(spoken.id) == (spoken, b"\x01\x02" * 8000)

    async def test_of_nobody_or_of_no_name_are_a_mistake(self, office: Office) -> None:
        with pytest.raises(Mistake, match="the name of a mailbox"):
            await office.admin.messages("2009")
        with pytest.raises(Mistake, match="umbel message list EXTENSION shows them"):
            await office.admin.message_audio(AudioId("nothing"))


async def mailboxes(admin: Administration) -> list[Mailbox]:
    """Give the mailboxes that there are."""
    return [it for it in await admin.list("mailbox") if isinstance(it, Mailbox)]
