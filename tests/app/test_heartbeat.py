"""A node says that it lives, and tells once that nobody can hear it."""

from collections.abc import Sequence
from dataclasses import replace

from tests.support.memory_store import Switch
from tests.support.still_clock import PIONEERS_DAY, StillClock
from tests.support.told import Told

from umbel.app.heartbeat import BEAT_EVERY, Heartbeat
from umbel.core import event_catalogue as catalogue
from umbel.directory.records import NodeLoad, NodeRecord

NODE = NodeRecord(
    name="node01.umbel.test", version="1", started=PIONEERS_DAY, heartbeat=PIONEERS_DAY
)


class Register:
    """``directory.repositories.Nodes`` in memory."""

    def __init__(self) -> None:
        self.switch = Switch()
        self.beats: list[NodeRecord] = []

    async def beat(self, node: NodeRecord) -> None:
        self.switch.check()
        self.beats.append(node)

    async def all(self) -> list[NodeRecord]:
        return self.beats[-1:]


class Heart:
    """A heartbeat whose time passes when a test says so."""

    def __init__(self) -> None:
        self.clock = StillClock()
        self.told = Told(self.clock)
        self.register = Register()
        self.load: NodeLoad | None = None
        self._heartbeat = Heartbeat(
            NODE, self.register, clock=self.clock, events=self.told, load=lambda: self.load
        )

    async def beats(self, times: int) -> Sequence[NodeRecord]:
        for _beat in range(times):
            await self._heartbeat.beat()
            self.clock.go_on(BEAT_EVERY)
        return self.register.beats


async def test_each_sign_of_life_carries_its_time() -> None:
    heart = Heart()
    first = heart.clock.wall()
    beats = await heart.beats(1)
    second = heart.clock.wall()
    beats = await heart.beats(1)

    assert beats == [replace(NODE, heartbeat=first), replace(NODE, heartbeat=second)]
    assert heart.told.events == []


async def test_each_sign_of_life_carries_the_load() -> None:
    heart = Heart()
    heart.load = NodeLoad(calls=3, sessions=3, busy=0.1, latest=0.001, skipped=0, refused=7)
    (beat,) = await heart.beats(1)

    assert beat.load == heart.load


async def test_an_outage_of_the_store_is_told_once_and_so_is_its_end() -> None:
    heart = Heart()
    with heart.register.switch.down():
        await heart.beats(5)
    await heart.beats(5)

    assert heart.told.kinds == [catalogue.STORE_UNAVAILABLE, catalogue.STORE_AVAILABLE]
    assert "the store of the test is down" in heart.told.sentences[0]


async def test_the_next_outage_is_told_again() -> None:
    heart = Heart()
    for _outage in range(2):
        with heart.register.switch.down():
            await heart.beats(1)
        await heart.beats(1)

    assert heart.told.kinds == 2 * [catalogue.STORE_UNAVAILABLE, catalogue.STORE_AVAILABLE]
