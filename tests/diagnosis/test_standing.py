"""Hours of probing in microseconds."""

from dataclasses import dataclass, field

import pytest
from tests.support.attempts import answered, shaken, tried

from umbel.core.instants import Instant, later
from umbel.diagnosis.attempt import Attempt
from umbel.diagnosis.observation import PeeringState
from umbel.diagnosis.standing import Cadence, Changed, Lasting, News, Standing
from umbel.identity.handshake import Ending

ALIVE, SILENT = answered(), tried()
REFUSED = shaken(Ending.REFUSED_BY_PEER)
DRAINING = answered(503, "Service Unavailable", retry_after=60)
START = Instant(1000.0)
EVENLY = 0.5
"""The fraction that makes every pause exactly as long as configured."""


@dataclass(slots=True)
class Watched:
    """A gateway that is asked whenever it is due."""

    standing: Standing = field(default_factory=lambda: Standing(Cadence(), START, fraction=0.0))
    told: list[News] = field(default_factory=list)
    is_draining: bool = False

    def shows(self, attempt: Attempt, times: int = 1, took: float = 0.0) -> list[News]:
        """Let the next tries show *attempt*, and give what there is to tell of them."""
        found = []
        for _ in range(times):
            began = self.standing.next_try
            news = self.standing.take(
                attempt,
                began=began,
                now=later(began, took),
                fraction=EVENLY,
                is_draining=self.is_draining,
            )
            found += [news] if news is not None else []
        self.told += found
        return found

    @property
    def state(self) -> PeeringState:
        """The present state."""
        return self.standing.state


class TestAGateway:
    def test_is_unknown_until_it_was_asked(self) -> None:
        assert Watched().state is PeeringState.UNKNOWN

    def test_is_up_after_one_answer(self) -> None:
        gateway = Watched()

        assert gateway.shows(ALIVE) == [
            Changed(before=PeeringState.UNKNOWN, after=PeeringState.UP, lasted=0.0, attempt=ALIVE)
        ]
        assert gateway.shows(ALIVE, times=1000) == []

    def test_is_down_after_three_failures_in_a_row(self) -> None:
        gateway = Watched()
        gateway.shows(ALIVE)

        assert gateway.shows(SILENT, times=2) == []
        assert gateway.state is PeeringState.UP
        (change,) = gateway.shows(SILENT)
        assert (change.attempt, gateway.state) == (SILENT, PeeringState.DOWN)

    def test_stays_up_where_failures_are_not_in_a_row(self) -> None:
        gateway = Watched()
        for _ in range(100):
            gateway.shows(SILENT, times=2)
            gateway.shows(ALIVE)

        assert gateway.state is PeeringState.UP
        assert len(gateway.told) == 1

    def test_is_up_again_after_one_success_and_tells_how_long_it_was_not(self) -> None:
        gateway = Watched()
        gateway.shows(ALIVE)
        gateway.shows(SILENT, times=5)

        assert gateway.shows(ALIVE) == [
            Changed(before=PeeringState.DOWN, after=PeeringState.UP, lasted=150.0, attempt=ALIVE)
        ]

    def test_starts_to_count_anew_after_it_was_up(self) -> None:
        gateway = Watched()
        gateway.shows(SILENT, times=3)
        gateway.shows(ALIVE)
        gateway.shows(SILENT, times=3)

        assert gateway.shows(ALIVE)[0].attempt is ALIVE
        lasted = [news.lasted for news in gateway.told if isinstance(news, Changed)]
        assert lasted == [0.0, 90.0, 0.0, 90.0]

    def test_that_was_restarted_stays_refused_until_it_is_down(self) -> None:
        gateway = Watched()
        gateway.shows(REFUSED)

        states = [gateway.state]
        for _ in range(3):
            gateway.shows(SILENT)
            states.append(gateway.state)
        refused = PeeringState.REFUSED_BY_THEM
        assert states == [refused, refused, refused, PeeringState.DOWN]


class TestTroubleWithTls:
    def test_is_a_state_at_once_and_so_is_its_end(self) -> None:
        gateway = Watched()
        gateway.shows(ALIVE)

        assert [type(news) for news in gateway.shows(REFUSED)] == [Changed]
        assert gateway.state is PeeringState.REFUSED_BY_THEM
        (recovered,) = gateway.shows(ALIVE)
        assert recovered == Changed(
            before=PeeringState.REFUSED_BY_THEM,
            after=PeeringState.UP,
            lasted=30.0,
            attempt=ALIVE,
        )


class TestATroubleThatLasts:
    def test_is_told_of_every_ten_minutes_and_not_more_often(self) -> None:
        gateway = Watched()
        gateway.shows(REFUSED)
        reminders = gateway.shows(REFUSED, times=6 * 120)

        assert len(reminders) == 6 * 6
        assert all(isinstance(news, Lasting) for news in reminders)
        lasting = [news.lasting for news in reminders if isinstance(news, Lasting)]
        assert lasting == [600.0 * number for number in range(1, 37)]

    def test_is_told_of_anew_when_it_becomes_another(self) -> None:
        gateway = Watched()
        gateway.shows(SILENT, times=3)
        (change,) = gateway.shows(REFUSED)

        assert isinstance(change, Changed)
        assert change.before is PeeringState.DOWN
        assert gateway.shows(REFUSED, times=19) == []
        assert len(gateway.shows(REFUSED)) == 1


class TestAGatewayThatDrains:
    def test_is_no_trouble_however_long_it_lasts(self) -> None:
        gateway = Watched()
        assert len(gateway.shows(DRAINING)) == 1
        assert gateway.shows(DRAINING, times=1000) == []
        assert gateway.state is PeeringState.DRAINING

    def test_tells_its_return(self) -> None:
        gateway = Watched()
        gateway.shows(DRAINING, times=10)
        assert gateway.shows(ALIVE) == [
            Changed(
                before=PeeringState.DRAINING, after=PeeringState.UP, lasted=300.0, attempt=ALIVE
            )
        ]

    def test_may_do_so_because_we_were_told(self) -> None:
        gateway = Watched(is_draining=True)
        gateway.shows(ALIVE)
        assert gateway.state is PeeringState.DRAINING

    def test_is_down_all_the_same_when_it_falls_silent(self) -> None:
        gateway = Watched(is_draining=True)
        gateway.shows(ALIVE)
        gateway.shows(SILENT, times=3)
        assert gateway.state is PeeringState.DOWN


class TestTheNextTry:
    @pytest.mark.parametrize(("fraction", "pause"), [(0.0, 27.0), (0.5, 30.0), (1.0, 33.0)])
    def test_comes_thirty_seconds_after_the_last_began_give_or_take(
        self, fraction: float, pause: float
    ) -> None:
        standing = Standing(Cadence(), START, fraction=0.0)
        standing.take(ALIVE, began=START, now=later(START, 5.0), fraction=fraction)
        assert standing.next_try == later(START, pause)

    def test_is_not_before_the_last_has_ended(self) -> None:
        standing = Standing(Cadence(), START, fraction=0.0)
        standing.take(SILENT, began=START, now=later(START, 32.0), fraction=0.0)
        assert standing.next_try == later(START, 32.0)

    def test_of_many_gateways_is_spread_at_first(self) -> None:
        assert Standing(Cadence(), START, fraction=0.0).next_try == START
        assert Standing(Cadence(), START, fraction=1.0).next_try == later(START, 3.0)

    def test_waits_as_long_as_ever_where_a_try_shows_nothing(self) -> None:
        standing = Standing(Cadence(), START, fraction=0.0)
        standing.put_off(later(START, 1.0))
        assert standing.next_try == later(START, 31.0)
