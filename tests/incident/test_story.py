"""The incident, for real: two nodes, one store, one shared certificate, and a pool that minds."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.array import (
    ACCESS,
    ARRAY,
    ATTENDANT,
    NODES,
    PIN,
    Array,
    array_behind_pool,
    of_first_node,
    with_array_name,
)
from tests.support.baresip import Phone
from tests.support.likeness import Samples, melody
from tests.support.postgresql import PostgreSql, running_postgresql

from umbel.directory.records import CallRecord

pytestmark = pytest.mark.peer

LONG = melody(18, seed=3)
"""What a subscriber hears while the certificates of both nodes are replaced."""
PLAYED = "To hear the message again"
"""What she hears when it is over."""


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSql]:
    with running_postgresql() as server:
        yield server


async def hear_mailbox(array: Array, subscriber: Phone) -> CallRecord:
    """Let a subscriber log on and begin to hear her message."""
    call = await array.dial(subscriber, ACCESS)
    await array.until_heard(call, "PIN")
    await subscriber.press(PIN + "#")
    await array.until_heard(call, "new message")
    await subscriber.press("1")
    return call


async def ask_for_meucci(array: Array, caller: Phone) -> CallRecord:
    """Let somebody ask the attendant to be put through."""
    call = await array.dial(caller, ATTENDANT)
    await array.until_heard(call, "press 1")
    await caller.press("1")
    return call


def outcome_of_transfer(ended: CallRecord) -> object:
    """Give what became of the transfer of a call."""
    (transfer,) = [each for each in ended.milestones if each.name == "transfer.ended"]
    return transfer.fields["outcome"]


async def hang_up(array: Array, phone: Phone, call: CallRecord) -> CallRecord:
    """End a call."""
    await phone.do("hangup")
    return await array.until_over(call)


class TestTheStory:
    @pytest.mark.timeout(240)  # It takes a minute, since people speak in it.
    async def test_is_told_explained_and_cured(
        self, tmp_path: Path, postgresql: PostgreSql
    ) -> None:
        words, of_meucci = melody(3), melody(2, seed=2)
        async with (
            array_behind_pool(tmp_path, postgresql, with_array_name) as array,
            array.phone("2002") as gray,
            array.phone("2003") as bell,
            array.phone("2001", of_meucci, answers=True) as meucci,
        ):
            await array.leave_message("2002", words)
            await array.leave_message("2003", LONG)
            await self._shows(array, gray, words)
            long_call = await hear_mailbox(array, bell)
            await self._is_explained(array)
            await self._is_cured(array)
            assert PLAYED not in (await array.administration.call(long_call.id)).caption
            await self._is_over(array, gray, meucci, of_meucci)
            await array.until_heard(long_call, PLAYED, within=60)
            await bell.until_hears(LONG)
            ended = await hang_up(array, bell, long_call)

            assert ended.statistics is not None
            assert ended.statistics.packets_lost_by_peer == 0
            for member in array.nodes.values():
                assert member.program.process.returncode is None
            assert len(await array.administration.events(number=1037)) == len(NODES)

    async def _shows(self, array: Array, gray: Phone, words: Samples) -> None:
        """Calls of the pool are served, those to it fail, and both nodes say why."""
        call = await hear_mailbox(array, gray)
        await gray.until_hears(words)
        await hang_up(array, gray, call)
        call = await ask_for_meucci(array, gray)
        await array.until_heard(call, "could not")
        await array.until_heard(call, "leave a message")
        await hang_up(array, gray, call)
        complaints = [await array.told(1400, node) for node in NODES]

        for name, complaint in zip(NODES, complaints, strict=True):
            assert "Gateway pool is refused by them" in complaint.sentence
            assert "right after it saw our certificate" in complaint.sentence
            assert f"common name is {ARRAY}, this node is {name}" in complaint.sentence
        assert ARRAY in array.pool.turned_away

    async def _is_explained(self, array: Array) -> None:
        """Each node says why, for itself and for the other; one certificate each is recommended."""
        first, second = array.nodes.values()
        planned, *diagnosed = await asyncio.gather(
            first.umbel("certificate", "plan"), first.umbel("diagnose"), second.umbel("diagnose")
        )
        for name, (code, said) in zip(NODES, diagnosed, strict=True):
            words = " ".join(said.split())
            assert code == 1
            assert f"certificate's common name is {ARRAY}, this node is {name}" in words
            assert words.count("refused by them") == len(NODES)

        assert planned[0] == 0
        assert "Recommended: one per node" in planned[1]

    async def _is_cured(self, array: Array) -> None:
        """One command gives each node a key and a certificate of its own; nothing is restarted."""
        first = array.nodes[NODES[0]]
        code, said = await first.umbel(
            "certificate", "issue", "--every-node", "--authority", str(array.company.folder)
        )
        assert code == 0, said
        for node in NODES:
            await array.told(1401, node, within=10)
        code, said = await array.nodes[NODES[0]].umbel("diagnose", "pool")
        assert code == 0, said

    async def _is_over(self, array: Array, gray: Phone, meucci: Phone, words: Samples) -> None:
        """The very same wish is fulfilled."""
        call = await ask_for_meucci(array, gray)
        await meucci.until("CALL_ESTABLISHED")
        await gray.until_hears(words)
        ended = await array.until_over(call)
        await gray.do("hangup")

        assert outcome_of_transfer(ended) == "transferred"


class TestTheArrayAsServerOfTheTopology:
    async def test_mends_it_too_and_leaves_the_key_shared(
        self, tmp_path: Path, postgresql: PostgreSql
    ) -> None:
        """The pool's administrator adds the service name to the servers that the pool knows."""
        async with (
            array_behind_pool(tmp_path, postgresql, with_array_name) as array,
            array.phone("2002") as gray,
            array.phone("2001", answers=True) as meucci,
        ):
            for node in NODES:
                await array.told(1400, node)
            await array.pool.know(ARRAY)
            for node in NODES:
                await array.told(1401, node, within=10)
            call = await ask_for_meucci(array, gray)
            await meucci.until("CALL_ESTABLISHED")
            ended = await array.until_over(call)

            assert outcome_of_transfer(ended) == "transferred"
            keys = {(member.folder / "key.pem").read_bytes() for member in array.nodes.values()}
            assert len(keys) == 1


class TestOneServersCertificateForBoth:
    async def test_makes_the_other_server_unreachable(
        self, tmp_path: Path, postgresql: PostgreSql
    ) -> None:
        """
        The pool takes what node02 asks for as node01's, so that OPTIONS are answered; but when it
        calls node02, whoever answers there is not the one that it dialled.
        """
        async with (
            array_behind_pool(tmp_path, postgresql, of_first_node) as array,
            array.phone("2002") as gray,
        ):
            await gray.do("dial", f"sip:{ATTENDANT}@domain.local")
            await gray.until("CALL_CLOSED")
            call = await array.dial(gray, ATTENDANT)
            await hang_up(array, gray, call)

            _code, said = await array.nodes[NODES[1]].umbel("diagnose")
            assert "pool dials node02.domain.local" in " ".join(said.split())
            assert set(array.pool.disbelieved) == {(NODES[1], NODES[0])}
            assert call.node == NODES[0]
            assert not array.pool.turned_away
            assert not await array.administration.events(number=1400)
