"""Timers as data."""

import weakref

from umbel.core.instants import Instant
from umbel.sip.transaction.timers import Agenda, Timer, Timers, Timing, doubled


def at(seconds: float) -> Instant:
    return Instant(seconds)


class TestTiming:
    def test_patience_is_64_round_trips(self) -> None:
        assert Timing().patience == 32.0
        assert Timing(t1=0.1).patience == 6.4

    def test_an_interval_doubles_up_to_t2(self) -> None:
        assert doubled(0.5, Timing()) == 1.0
        assert doubled(3.0, Timing()) == 4.0


class TestTimers:
    def test_nothing_is_due_while_none_runs(self) -> None:
        timers: Timers[Timer] = Timers()

        assert timers.next_timeout is None
        assert list(timers.fired(at(1000))) == []

    def test_the_earliest_fires_first(self) -> None:
        timers: Timers[Timer] = Timers()
        timers.start(Timer.B, at(2))
        timers.start(Timer.A, at(1))
        timers.start(Timer.D, at(9))

        assert timers.next_timeout == at(1)
        assert list(timers.fired(at(2))) == [Timer.A, Timer.B]
        assert Timer.D in timers

    def test_a_timer_stopped_by_an_earlier_one_does_not_fire(self) -> None:
        timers: Timers[Timer] = Timers()
        timers.start(Timer.A, at(1))
        timers.start(Timer.B, at(2))
        fired = []
        for timer in timers.fired(at(3)):
            fired.append(timer)
            timers.stop(Timer.B, Timer.H)

        assert fired == [Timer.A]

    def test_only_stops_all_others(self) -> None:
        timers: Timers[Timer] = Timers()
        timers.start(Timer.A, at(1))
        timers.only(Timer.K, at(5))

        assert list(timers.fired(at(9))) == [Timer.K]

    def test_clear_stops_all(self) -> None:
        timers: Timers[Timer] = Timers()
        timers.start(Timer.A, at(1))
        timers.clear()

        assert timers.next_timeout is None


class TestAgenda:
    def test_gives_whoever_is_due_in_order_of_time(self) -> None:
        agenda: Agenda[str] = Agenda()
        agenda.set("late", at(3))
        agenda.set("early", at(1))
        agenda.set("future", at(10))

        assert agenda.next_timeout == at(1)
        assert list(agenda.due(at(5))) == ["early", "late"]
        assert len(agenda) == 1

    def test_forgets_what_was_set_before(self) -> None:
        agenda: Agenda[str] = Agenda()
        agenda.set("one", at(1))
        agenda.set("one", at(5))
        agenda.set("one", at(5))

        assert list(agenda.due(at(4))) == []
        assert list(agenda.due(at(5))) == ["one"]
        assert agenda.next_timeout is None

    def test_keeps_nobody_alive_who_was_stopped(self) -> None:
        class Leg:
            """Has something to do much later."""

        agenda: Agenda[Leg] = Agenda()
        agenda.set(Leg(), at(1))
        legs = weakref.WeakSet[Leg]()
        for number in range(1000):
            leg = Leg()
            legs.add(leg)
            agenda.set(leg, at(100 + number))
            agenda.set(leg, None)
        del leg

        assert len(legs) < 100
        assert agenda.next_timeout == at(1)

    def test_is_in_order_however_many_were_stopped(self) -> None:
        agenda: Agenda[int] = Agenda()
        for number in range(300):
            agenda.set(number, at(1000 - number))
        for number in range(300):
            agenda.set(number, at(2000 - number) if number % 3 else None)

        assert list(agenda.due(at(3000))) == [n for n in reversed(range(300)) if n % 3]

    def test_forgets_whoever_is_gone(self) -> None:
        agenda: Agenda[str] = Agenda()
        agenda.set("one", at(1))
        agenda.set("one", None)
        agenda.set("nobody", None)

        assert "one" not in agenda
        assert list(agenda.due(at(4))) == []
        assert len(agenda) == 0
