"""What strangers cause fills neither the log nor the store."""

import pytest
from tests.support.still_clock import StillClock

from umbel.app.provoked import MOST_ADDRESSES, MOST_TOLD, Provoked
from umbel.app.teller import Teller
from umbel.core import event_catalogue as catalogue
from umbel.core.events import Event


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
def provoked(told: list[Event]) -> Provoked:
    teller = Teller("node01", StillClock())
    teller.add_listener(told.append)
    return Provoked(teller)


def send_nonsense(provoked: Provoked, address: str) -> None:
    provoked.tell(catalogue.MALFORMED_MESSAGE, address, peer=f"UDP {address}:5060", reason="no")


async def test_a_few_events_are_told_and_nothing_is_summed_up(
    provoked: Provoked, told: list[Event]
) -> None:
    for _ in range(MOST_TOLD):
        send_nonsense(provoked, "192.0.2.6")
    await provoked.sum_up()

    assert [event.kind for event in told] == [catalogue.MALFORMED_MESSAGE] * MOST_TOLD


async def test_of_many_only_the_number_is_told(provoked: Provoked, told: list[Event]) -> None:
    for _ in range(10_000):
        send_nonsense(provoked, "192.0.2.6")
    await provoked.sum_up()

    assert len(told) == MOST_TOLD + 1
    assert told[-1].sentence == (
        f"Within a minute 192.0.2.6 caused {10_000 - MOST_TOLD} more events with number 2041, "
        "which are not listed."
    )


async def test_another_address_and_another_kind_are_told(
    provoked: Provoked, told: list[Event]
) -> None:
    for _ in range(100):
        send_nonsense(provoked, "192.0.2.6")
    send_nonsense(provoked, "192.0.2.7")
    provoked.tell(
        catalogue.HANDSHAKE_FAILED, "192.0.2.6", peer="192.0.2.6:1", role="server", reason="no"
    )

    assert [event.fields["peer"] for event in told[MOST_TOLD:]] == [
        "UDP 192.0.2.7:5060",
        "192.0.2.6:1",
    ]


async def test_after_a_sum_it_is_told_again(provoked: Provoked, told: list[Event]) -> None:
    for _ in range(100):
        send_nonsense(provoked, "192.0.2.6")
    await provoked.sum_up()
    told.clear()
    send_nonsense(provoked, "192.0.2.6")

    assert [event.kind for event in told] == [catalogue.MALFORMED_MESSAGE]


async def test_more_addresses_than_can_be_told_apart_are_one(
    provoked: Provoked, told: list[Event]
) -> None:
    """A forged sender costs nothing."""
    for number in range(10_000):
        send_nonsense(provoked, f"10.0.{number // 256}.{number % 256}")
    await provoked.sum_up()

    assert len(told) == MOST_ADDRESSES + MOST_TOLD + 1
    assert told[-1].fields["address"] == "other addresses"
