"""Several hosts of one gateway."""

from dataclasses import replace

from tests.support.attempts import HOP, answered, shaken, tried

from umbel.diagnosis.choosing import in_order, most_telling, place_of, unusable
from umbel.identity.handshake import Ending

SECOND = replace(HOP, address="192.0.2.8")


class TestTheMostTelling:
    def test_is_the_host_that_answers(self) -> None:
        assert most_telling([tried(), shaken(Ending.REFUSED_BY_US), answered()]) == answered()

    def test_is_a_refusal_rather_than_silence(self) -> None:
        refused = shaken(Ending.REFUSED_BY_PEER)
        assert most_telling([tried(), refused, tried()]) is refused

    def test_is_the_first_of_those_that_say_the_same(self) -> None:
        first = tried(problem="no route")
        assert most_telling([first, tried()]) is first


class TestHops:
    def test_that_nobody_answered_at_come_last_and_stay(self) -> None:
        shunned = unusable([tried(), replace(answered(), hop=SECOND), tried(hop=None)])

        assert shunned == {place_of(HOP)}
        assert in_order([HOP, SECOND], shunned) == [SECOND, HOP]

    def test_keep_their_order_otherwise(self) -> None:
        assert in_order([SECOND, HOP], frozenset()) == [SECOND, HOP]
