import pytest

from umbel.core.instants import Instant
from umbel.media.rtp import Reception


def receive(reception: Reception, *sequence_numbers: int) -> list[int | None]:
    """Receive packets of 20 ms that arrive when they should."""
    return [
        reception.receive(number, number * 160, Instant(number * 0.02))
        for number in sequence_numbers
    ]


class TestBeforeTheFirstPacket:
    def test_nothing_is_expected_or_lost(self) -> None:
        reception = Reception()

        assert (reception.expected, reception.lost, reception.jitter) == (0, 0, 0.0)
        assert reception.fraction_lost() == 0


class TestAStreamWithoutTrouble:
    def test_loses_nothing(self) -> None:
        reception = Reception()
        receive(reception, *range(100, 200))

        assert (reception.received, reception.expected, reception.lost) == (100, 100, 0)

    def test_counts_on_when_the_number_wraps(self) -> None:
        assert receive(Reception(), 65534, 65535, 0, 1) == [65534, 65535, 65536, 65537]

    def test_has_no_jitter(self) -> None:
        reception = Reception()
        receive(reception, *range(50))

        assert reception.jitter == pytest.approx(0, abs=1e-9)


class TestLoss:
    def test_is_what_the_numbers_leave_out(self) -> None:
        reception = Reception()
        receive(reception, 10, 11, 14, 15)

        assert (reception.expected, reception.lost) == (6, 2)

    def test_is_made_good_by_a_packet_that_was_overtaken(self) -> None:
        reception = Reception()

        assert receive(reception, 10, 12, 11) == [10, 12, 11]
        assert reception.lost == 0

    def test_goes_below_none_when_packets_come_twice(self) -> None:
        reception = Reception()
        receive(reception, 10, 10)

        assert reception.lost == -1
        assert reception.fraction_lost() == 0

    def test_is_told_as_a_fraction_since_the_last_report(self) -> None:
        reception = Reception()
        receive(reception, 0, 1, 3)
        first = reception.fraction_lost()
        receive(reception, 4, 5, 6, 7)

        assert (first, reception.fraction_lost()) == (64, 0)

    def test_of_nearly_everything_fits_into_the_report(self) -> None:
        reception = Reception()
        receive(reception, 0)
        reception.fraction_lost()
        receive(reception, 2900)

        assert reception.fraction_lost() == 255


class TestJitter:
    def test_follows_the_recipe_of_rfc_3550(self) -> None:
        """One packet 10 ms late moves the estimate by a sixteenth of 10 ms, each way."""
        reception = Reception()
        receive(reception, 0, 1)
        reception.receive(2, 320, Instant(0.05))

        assert reception.jitter == pytest.approx(0.01 / 16)
        assert reception.jitter_in_timestamp_units == 5

    def test_does_not_mind_that_timestamps_wrap(self) -> None:
        reception = Reception()
        reception.receive(1, 0xFFFF_FFFF - 79, Instant(5.0))
        reception.receive(2, 80, Instant(5.02))

        assert reception.jitter == pytest.approx(0, abs=1e-9)


class TestARestartOfTheSource:
    def test_is_believed_when_two_packets_agree(self) -> None:
        reception = Reception()
        receive(reception, 100, 101)

        assert receive(reception, 30000, 30001, 30002) == [None, 30001, 30002]

    def test_counts_neither_loss_nor_jitter(self) -> None:
        reception = Reception()
        receive(reception, 100, 101, 103)
        reception.receive(30000, 7, Instant(2.08))
        reception.receive(30001, 167, Instant(2.10))
        reception.receive(30002, 327, Instant(2.12))

        assert (reception.received, reception.lost) == (5, 1)
        assert reception.jitter == pytest.approx(0, abs=1e-9)

    def test_to_a_lower_number_counts_on_in_the_next_cycle(self) -> None:
        reception = Reception()
        receive(reception, 40000)

        assert receive(reception, 5, 6) == [None, 65536 + 6]
        assert reception.highest == 65536 + 6

    def test_is_not_believed_of_one_stray_packet(self) -> None:
        reception = Reception()

        assert receive(reception, 100, 30000, 101, 20000, 102) == [100, None, 101, None, 102]
        assert reception.lost == 0


class TestAnotherClock:
    def test_begins_the_jitter_anew_and_counts_on(self) -> None:
        reception = Reception()
        receive(reception, 0, 1)
        reception.receive(2, 320, Instant(0.05))
        reception.change_clock(48000)
        reception.receive(3, 5000, Instant(0.06))
        reception.receive(4, 5960, Instant(0.08))

        assert reception.jitter == pytest.approx(0)
        assert reception.received == 5

    def test_is_none_where_the_rate_is_the_same(self) -> None:
        reception = Reception()
        reception.receive(0, 0, Instant(0))
        reception.receive(1, 160, Instant(0.03))
        reception.change_clock(8000)

        assert reception.jitter == pytest.approx(0.01 / 16)
