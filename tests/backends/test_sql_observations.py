"""What nodes saw of gateways, on both databases."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import update
from tests.support.attempts import HANDSHAKE, answered, shaken
from tests.support.still_clock import PIONEERS_DAY

from umbel.backends.sql import SqlStore, schema
from umbel.diagnosis.observation import Direction, Observation, PeeringState
from umbel.identity.handshake import Alert, Ending, HandshakeReport, Role
from umbel.sip.hop import Transport

from .conftest import MakeStore

SHOWN: HandshakeReport = replace(
    shaken(Ending.REFUSED_BY_PEER).handshake or HANDSHAKE,
    own_chain=(b"\x30\x82leaf", b"\x30\x82authority"),
    peer_chain=(b"\x30\x82theirs",),
    alerts=(Alert(sent_by_us=False, description="unknown_ca", is_fatal=True),),
)
TO = Observation(
    node="node01.example.org",
    gateway="lync",
    transport=Transport.TLS,
    direction=Direction.TO_GATEWAY,
    state=PeeringState.REFUSED_BY_THEM,
    since=PIONEERS_DAY,
    at=PIONEERS_DAY + timedelta(minutes=5),
    attempt=replace(shaken(Ending.REFUSED_BY_PEER), handshake=SHOWN),
)
FROM = replace(
    TO,
    direction=Direction.FROM_GATEWAY,
    state=PeeringState.UP,
    attempt=None,
    handshake=replace(SHOWN, role=Role.SERVER, ending=Ending.SUCCEEDED),
)


async def kept(store: SqlStore, *observations: Observation) -> list[Observation]:
    for observation in observations:
        store.observations.put(observation)
    await store.observations.keep_only("nobody", ())  # Waits for the writes before it.
    return await store.observations.all()


class TestAnObservation:
    async def test_comes_back_with_both_chains(self, store: SqlStore) -> None:
        assert await kept(store, TO, FROM) == [TO, FROM]

    async def test_takes_the_place_of_the_one_before(self, store: SqlStore) -> None:
        newer = replace(TO, state=PeeringState.UP, attempt=answered(), since=TO.at)
        assert await kept(store, TO, FROM, newer) == [newer, FROM]

    async def test_of_another_node_stands_beside_it(self, make_store: MakeStore) -> None:
        first, second = make_store(), make_store()
        await first.open()
        await second.open()
        other = replace(TO, node="node02.example.org")
        await kept(first, TO)

        assert await kept(second, other) == [TO, other]
        await first.close()
        await second.close()

    async def test_of_a_gateway_that_is_gone_is_forgotten(self, store: SqlStore) -> None:
        pbx, other = replace(TO, gateway="pbx"), replace(TO, node="node02.example.org")
        await kept(store, TO, FROM, pbx, other)
        await store.observations.keep_only("node01.example.org", ("pbx",))

        assert await store.observations.all() == [pbx, other]

    async def test_that_a_newer_node_wrote_hides_no_other(self, store: SqlStore) -> None:
        await kept(store, TO, FROM)
        await store._database.write(
            lambda connection: connection.execute(
                update(schema.observations)
                .where(schema.observations.c.direction == Direction.FROM_GATEWAY.value)
                .values(state="in love")
            )
        )

        assert await store.observations.all() == [TO]
