"""Keys as packets (RFC 4733) over lines that lose, repeat and overtake: none lost, none doubled."""

from dataclasses import dataclass, replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable

from umbel.media.telephone_event import LONGEST, KeyDetector, TelephoneEvent, press

_FRAME = 160
_WRAP = 1 << 32


@dataclass(frozen=True)
class Sent:
    """A packet on its way, and which press it belongs to."""

    number: int
    event: TelephoneEvent
    timestamp: int
    sequence_number: int
    """Without wrap."""
    marker: bool


@dataclass(frozen=True)
class Dialled:
    """One press, and the pause after it; lengths in packets of 20 ms."""

    key: str
    held: int
    pause: int


DIALLED = st.lists(
    st.builds(
        Dialled, key=st.sampled_from("0155#"), held=st.integers(2, 25), pause=st.integers(2, 20)
    ),
    min_size=1,
    max_size=12,
)
DICE = st.integers(0, 1 << 32).map(Random)


def dial(presses: list[Dialled], dice: Random) -> list[Sent]:
    """Send presses one after another; audio between them takes sequence numbers too."""
    sent, number, clock = [], dice.randrange(65536), dice.randrange(_WRAP)
    for index, one in enumerate(presses):
        packets = press(one.key, one.held * 0.02)
        sent += [
            Sent(index, packet.event, clock, number + place, packet.marker)
            for place, packet in enumerate(packets)
        ]
        steps = max(len(packets), one.held + one.pause)
        number += steps
        clock += steps * _FRAME
    return sent


def with_wandering_timestamps(sent: list[Sent]) -> list[Sent]:
    """Let the timestamp of a press run on, against RFC 4733 section 2.2.1."""
    first = {packet.number: packet.sequence_number for packet in reversed(sent)}
    return [
        replace(
            packet,
            timestamp=packet.timestamp + (packet.sequence_number - first[packet.number]) * _FRAME,
        )
        for packet in sent
    ]


def lost(sent: list[Sent], dice: Random, share: float = 0.05, burst: int = 1000) -> list[Sent]:
    """Lose packets, no more than *burst* in a row."""
    kept, row = [], 0
    for packet in sent:
        row = row + 1 if dice.random() < share else 0
        if not 0 < row <= burst:
            kept.append(packet)
            row = 0
    return kept


def overtaken(sent: list[Sent], dice: Random, most: int = 3) -> list[Sent]:
    """Let packets be late by up to *most* others, and some come twice."""
    twice = [packet for packet in sent for _ in range(1 + (dice.random() < 0.05))]
    places = sorted(range(len(twice)), key=lambda place: place + dice.uniform(0, most + 0.5))
    return [twice[place] for place in places]


def heard(packets: list[Sent]) -> str:
    detector = KeyDetector()
    told = (
        detector.feed(
            bytes(packet.event),
            timestamp=packet.timestamp % _WRAP,
            marker=packet.marker,
            sequence_number=packet.sequence_number % 65536,
        )
        for packet in packets
    )
    return "".join(key or "" for key in told)


def pressed(presses: list[Dialled], arrived: list[Sent]) -> str:
    """Give the keys of which a packet arrived, in the order in which the first did."""
    return "".join(presses[number].key for number in dict.fromkeys(p.number for p in arrived))


class TestASenderThatKeepsTheRules:
    @repeatable
    @given(DIALLED, DICE, st.sampled_from([0.05, 0.3, 0.6]))
    def test_has_every_press_heard_once(
        self, presses: list[Dialled], dice: Random, share: float
    ) -> None:
        arrived = overtaken(lost(dial(presses, dice), dice, share), dice)

        assert heard(arrived) == pressed(presses, arrived)

    @repeatable
    @given(DIALLED, DICE)
    def test_may_mark_every_packet_or_none(self, presses: list[Dialled], dice: Random) -> None:
        marker = dice.random() < 0.5
        sent = [replace(packet, marker=marker) for packet in dial(presses, dice)]
        arrived = overtaken(lost(sent, dice), dice)

        assert heard(arrived) == pressed(presses, arrived)

    @repeatable
    @given(DICE)
    def test_may_hold_a_key_for_longer_than_one_event_can_tell(self, dice: Random) -> None:
        """RFC 4733 section 2.5.1.3: the segments of one press."""
        sent = []
        for place in range(1, 900):
            segment, duration = divmod(place * _FRAME, LONGEST)
            event = TelephoneEvent(event=5, duration=duration, is_end=place >= 897)
            sent.append(Sent(0, event, segment * LONGEST, place, place == 1))

        assert heard(overtaken(lost(sent, dice), dice)) == "5"


class TestASenderWhoseTimestampsWander:
    @repeatable
    @given(DIALLED, DICE)
    def test_has_every_press_heard_once(self, presses: list[Dialled], dice: Random) -> None:
        # Within a shorter pause, an end that is lost and repeated looks like the next press.
        slow = [replace(one, pause=one.pause + 3) for one in presses]
        sent = with_wandering_timestamps(dial(slow, dice))
        arrived = overtaken(lost(sent, dice, burst=2), dice, most=2)

        assert heard(arrived) == pressed(presses, arrived)


class TestASenderWhoseTimestampStandsStill:
    @repeatable
    @given(DIALLED, DICE)
    def test_has_every_press_heard_whose_first_packet_and_one_of_its_end_arrive(
        self, presses: list[Dialled], dice: Random
    ) -> None:
        sent = [replace(packet, timestamp=77) for packet in dial(presses, dice)]
        last = {packet.number: packet for packet in sent}
        arrived = [p for p in sent if p.marker or p is last[p.number] or dice.random() < 0.7]

        assert heard(arrived) == pressed(presses, sent)
