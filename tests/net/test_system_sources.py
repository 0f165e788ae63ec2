"""The system's clock and randomness keep what core's protocols promise."""

from datetime import UTC, datetime, timedelta

from umbel.core.identifiers import Randomness
from umbel.core.instants import Clock
from umbel.net.clock import SystemClock
from umbel.net.randomness import SystemRandomness

CLOCK: Clock = SystemClock()
RANDOMNESS: Randomness = SystemRandomness()


class TestSystemClock:
    def test_never_goes_back(self) -> None:
        """Timers count on it."""
        assert CLOCK.now() <= CLOCK.now()

    def test_knows_the_time_of_day_in_utc(self) -> None:
        """Aware, so that nobody takes it for local time."""
        assert CLOCK.wall().tzinfo is UTC
        assert abs(CLOCK.wall() - datetime.now(UTC)) < timedelta(seconds=5)


class TestSystemRandomness:
    def test_gives_tokens_of_the_length_asked_for(self) -> None:
        """Two hexadecimal digits for each octet, and never the same twice."""
        token = RANDOMNESS.token(8)

        assert len(bytes.fromhex(token)) == 8
        assert token == token.lower()
        assert token != RANDOMNESS.token(8)

    def test_gives_octets(self) -> None:
        """Keys are made of them."""
        assert len(RANDOMNESS.octets(30)) == 30

    def test_gives_fractions_below_one(self) -> None:
        """Jitter of an interval is multiplied by them."""
        drawn = [RANDOMNESS.fraction() for _ in range(1000)]

        assert all(0 <= fraction < 1 for fraction in drawn)
        assert max(drawn) - min(drawn) > 0.5
