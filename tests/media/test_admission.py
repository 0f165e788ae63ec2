"""Whether another call would make audio late: by what was measured, never by a hiccup."""

from umbel.core.instants import Instant, later
from umbel.media.admission import Admission, Limits
from umbel.media.engine import Load

PER_CALL = 0.00028
"""What a call of the tests costs: 28 % for a thousand."""
LIMITS = Limits()


def load(
    sessions: int, *, busy: float | None = None, skipped: int = 0, late: float = 0.0005
) -> Load:
    share = 0.02 + PER_CALL * sessions if busy is None else busy
    return Load(
        sessions=sessions,
        busy=share,
        latest=late * 2 + 0.02 * skipped,
        skipped=skipped,
        late=late,
        tick=share * 0.02,
    )


class Node:
    """A node whose engines tell their loads when a test says so, and whose calls all have one."""

    def __init__(self, engines: int = 1) -> None:
        self.admission = Admission(engines)
        self.sessions = [0] * engines
        self.now = Instant(100.0)

    def tells(self, *loads: Load, engine: int = 0) -> None:
        for one in loads:
            self.passes(1.0)
            self.admission.take(engine, one, self.now)
            self.sessions[engine] = one.sessions

    def passes(self, seconds: float) -> None:
        self.now = later(self.now, seconds)

    def takes(self, waiting: int = 0) -> bool:
        """Say whether another call is taken, beside so many that have no session yet."""
        calls = sum(self.sessions) + waiting
        return self.admission.consider(self.sessions, calls, self.now)

    def burst(self, most: int = 5000) -> int:
        """Let calls arrive at once, and give how many are taken."""
        return next((count for count in range(most) if not self.takes(count)), most)


class TestAnEngineThatHasRoom:
    def test_takes_the_first_call_before_anything_was_measured(self) -> None:
        assert Node().takes()

    def test_takes_a_thousand_in_one_second(self) -> None:
        node = Node()
        node.tells(load(0))

        assert node.burst() >= 1000

    def test_takes_calls_up_to_its_limit_and_no_further(self) -> None:
        node = Node()
        node.tells(*(load(sessions) for sessions in (1000, 1500, 2000, *[2400] * 3)))

        most = 2400 + node.burst()
        assert LIMITS.busy - 0.05 <= 0.02 + PER_CALL * most <= LIMITS.busy + 0.02

    def test_goes_by_what_calls_cost_here_and_not_by_what_they_usually_cost(self) -> None:
        slow = Node()
        slow.tells(*(load(sessions, busy=0.02 + 0.002 * sessions) for sessions in (100, 200, 300)))

        assert 60 <= slow.burst() <= 160

    def test_goes_by_how_busy_it_is_where_a_few_calls_cost_very_much(self) -> None:
        node = Node()
        node.tells(*(load(sessions, busy=0.021 * sessions) for sessions in (20, 35, 36, 37, 38)))

        assert 38 + node.burst() <= 44

    def test_remembers_what_calls_cost_while_there_are_none(self) -> None:
        slow = Node()
        slow.tells(*(load(sessions, busy=0.02 + 0.002 * sessions) for sessions in (100, 200, 300)))
        slow.tells(*[load(0)] * 60)

        assert 380 <= slow.burst() <= 500

    def test_is_not_refused_calls_by_a_hiccup_while_it_has_few(self) -> None:
        node = Node()
        node.tells(load(3), load(3, busy=0.9, skipped=20, late=0.2))

        assert node.takes()

    def test_is_not_refused_calls_by_a_hiccup_under_half_its_load(self) -> None:
        node = Node()
        node.tells(load(1000), load(1000, skipped=2), load(1000))

        assert node.takes()

    def test_is_not_refused_calls_by_one_busy_second(self) -> None:
        node = Node()
        node.tells(*[load(500)] * 4, load(500, busy=0.95))

        assert node.takes()


class TestManyCallsThatCome:
    def test_are_not_taken_too_many_because_the_last_second_began_with_fewer(self) -> None:
        node = Node()
        before = 0
        for sessions in range(0, 2000, 500):
            mean = (before + sessions) / 2
            node.tells(load(sessions, busy=0.02 + PER_CALL * 2 * mean))
            before = sessions

        assert 0.02 + PER_CALL * 2 * (1500 + node.burst()) <= LIMITS.busy + 0.05


class TestABurst:
    def test_is_seen_before_the_next_measurement(self) -> None:
        node = Node()
        node.tells(*[load(2000)] * 3)

        assert node.burst() < 1300

    def test_does_not_go_far_beyond_what_was_measured(self) -> None:
        node = Node()
        node.tells(load(0, busy=0.0001))

        assert node.burst(10_000) <= LIMITS.unmeasured


class TestAnEngineThatIsFull:
    def full(self) -> Node:
        node = Node()
        node.tells(*[load(3200)] * 3)
        assert not node.takes()
        return node

    def test_says_why(self) -> None:
        assert "3200 calls are all that" in self.full().admission.cause

    def test_stays_so_when_one_call_ends(self) -> None:
        node = self.full()
        node.tells(load(3190))

        assert not node.takes()

    def test_takes_calls_again_when_many_have_ended(self) -> None:
        node = self.full()
        node.tells(*[load(2500)] * 3)

        assert node.takes()
        assert node.admission.cause == ""

    def test_is_full_at_once_where_its_load_makes_it_skip(self) -> None:
        node = Node()
        node.tells(*[load(2200)] * 3, load(2200, busy=0.85, skipped=1))

        assert not node.takes()
        assert "left out 1 ticks" in node.admission.cause

    def test_forgets_that_after_some_good_seconds(self) -> None:
        node = Node()
        node.tells(load(1800, busy=0.85, skipped=9), load(1800), load(1800))
        assert not node.takes()
        node.tells(load(1800))

        assert node.takes()


class TestACoreThatIsShared:
    def test_is_told_by_lateness_that_goes_on(self) -> None:
        node = Node()
        node.tells(*[load(50, late=0.015)] * 2)
        assert node.takes()
        node.tells(load(50, late=0.015))

        assert not node.takes()
        assert "late again and again" in node.admission.cause

    def test_does_not_keep_the_few_calls_out_that_are_not_its_cause(self) -> None:
        node = Node()
        node.tells(*[load(5, late=0.05, skipped=10)] * 10)

        assert node.takes()

    def test_is_forgotten_without_calls_though_the_machine_still_stumbles(self) -> None:
        node = Node()
        node.tells(*[load(50, late=0.015)] * 3)
        assert not node.takes()
        node.tells(*[load(0), load(0), load(0, skipped=1)] * 2)

        assert node.takes()


class TestAnEngineThatTellsNothing:
    def test_is_past_its_limit(self) -> None:
        node = Node()
        node.tells(load(1000))
        node.passes(LIMITS.silence + 1)

        assert not node.takes()
        assert "told nothing for 6 s" in node.admission.cause

    def test_is_not_meant_where_it_has_only_begun(self) -> None:
        node = Node()
        node.tells(load(1000))
        node.admission.begin(0)
        node.sessions = [0]
        node.passes(60)

        assert node.takes()

    def test_has_the_calls_of_its_predecessor_again_without_a_complaint(self) -> None:
        node = Node()
        node.tells(*[load(2000)] * 3)
        node.admission.begin(0)

        assert node.takes()


class TestSeveralEngines:
    def test_have_the_room_of_all(self) -> None:
        one, two = Node(), Node(2)
        one.tells(*[load(2000)] * 3)
        for engine in (0, 1):
            two.tells(*[load(2000)] * 3, engine=engine)

        assert 1.9 * one.burst() <= two.burst() <= 2.1 * one.burst() + 2

    def test_take_a_new_session_where_most_room_is(self) -> None:
        node = Node(3)
        node.tells(load(500), engine=0)
        node.tells(load(20), engine=1)
        node.tells(load(300), engine=2)

        assert node.admission.by_room(node.sessions, node.now) == [1, 2, 0]

    def test_are_not_asked_where_one_is_in_trouble(self) -> None:
        node = Node(2)
        node.tells(load(100, busy=0.9, skipped=30), engine=0)
        node.tells(load(2000), engine=1)

        assert node.admission.by_room(node.sessions, node.now) == [1, 0]
        assert node.takes()

    def test_are_full_together_with_the_first_ones_reason_where_all_are_in_trouble(self) -> None:
        node = Node(2)
        for engine in (0, 1):
            node.tells(load(1000, busy=0.9, skipped=30), engine=engine)

        assert not node.takes()
        assert "left out 30 ticks" in node.admission.cause
