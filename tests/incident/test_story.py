"""The incident, for real: two nodes, one store, one shared certificate, and a pool that minds."""

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
    shared_certificate,
)
from tests.support.baresip import Phone
from tests.support.likeness import Samples, melody
from tests.support.postgresql import PostgreSql, running_postgresql

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSql]:
    with running_postgresql() as server:
        yield server


async def hear_mailbox(array: Array, subscriber: Phone, words: Samples) -> None:
    """Let a subscriber hear her message from beginning to end."""
    call = await array.dial(subscriber, ACCESS)
    await array.until_heard(call, "PIN")
    await subscriber.press(PIN + "#")
    await array.until_heard(call, "new message")
    await subscriber.press("1")
    await subscriber.until_hears(words)
    await subscriber.do("hangup")
    await array.until_over(call)


class TestTheSharedCertificate:
    async def test_serves_the_calls_of_the_pool_and_fails_those_to_it(
        self, tmp_path: Path, postgresql: PostgreSql
    ) -> None:
        words = melody(3)
        async with (
            array_behind_pool(tmp_path, postgresql, shared_certificate) as array,
            array.phone("2002") as gray,
        ):
            await array.leave_message("2002", words)
            await hear_mailbox(array, gray, words)
            call = await array.dial(gray, ATTENDANT)
            await array.until_heard(call, "press 1")
            await gray.press("1")
            await array.until_heard(call, "could not")
            await array.until_heard(call, "leave a message")
            complaints = [await array.told(1400, node) for node in NODES]

            for name, complaint in zip(NODES, complaints, strict=True):
                assert "Gateway pool is refused by them" in complaint.sentence
                assert "right after it saw our certificate" in complaint.sentence
                assert f"common name is {ARRAY}, this node is {name}" in complaint.sentence
            assert set(array.pool.turned_away) == {ARRAY}
