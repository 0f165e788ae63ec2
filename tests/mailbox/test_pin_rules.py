"""What a PIN may be, and what right and wrong ones lead to."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable

from umbel.core.errors import Misuse
from umbel.mailbox.message import MessageGone, MessageId
from umbel.mailbox.pin import PinState
from umbel.mailbox.pin_rules import (
    PinRefusal,
    after_failure,
    after_success,
    generate_pin,
    hashes_not_to_reuse,
    is_barred,
    is_expired,
    must_choose_new,
    refusal,
    with_new_pin,
)

NOW = datetime(2026, 3, 10, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """As ``directory.objects.MailboxPolicy`` has it; a room beside ours."""

    min_pin_length: int = 6
    pin_lifetime_days: int | None = 60
    pin_history: int = 5
    failures_before_reset: int | None = 5
    failures_before_lockout: int = 15
    allow_common_patterns: bool = False


@dataclass(frozen=True, kw_only=True)
class Subscriber:
    extension: str = "741593"
    other_extensions: tuple[str, ...] = ()


POLICY = Policy()
ANTONIO = Subscriber()
PRESENT = PinState(hashed="hash1", set_at=NOW, history=("hash0",))


class TestANewPin:
    @pytest.mark.parametrize("pin", ["184709", "112358", "000123", "9" * 20 + "1234"])
    def test_may_be_any_other_digits(self, pin: str) -> None:
        assert refusal(pin, POLICY, ANTONIO) is None

    @pytest.mark.parametrize(
        ("pin", "refused"),
        [
            ("", PinRefusal.NOT_DIGITS),
            ("18470*", PinRefusal.NOT_DIGITS),
            ("18470٩", PinRefusal.NOT_DIGITS),
            ("18470", PinRefusal.TOO_SHORT),
            ("184709" * 4 + "1", PinRefusal.TOO_LONG),
            ("123456", PinRefusal.COMMON),
            ("876543", PinRefusal.COMMON),
            ("789012", PinRefusal.COMMON),
            ("210987", PinRefusal.COMMON),
            ("777777", PinRefusal.COMMON),
            ("121212", PinRefusal.COMMON),
            ("147147", PinRefusal.COMMON),
            ("741593", PinRefusal.EXTENSION),
        ],
    )
    def test_may_not_be_easy_to_guess(self, pin: str, refused: PinRefusal) -> None:
        assert refusal(pin, POLICY, ANTONIO) is refused

    @pytest.mark.parametrize("pin", ["123456", "777777", "147147"])
    def test_may_be_common_where_the_policy_allows_it(self, pin: str) -> None:
        assert refusal(pin, Policy(allow_common_patterns=True), ANTONIO) is None

    @pytest.mark.parametrize(
        ("pin", "extension"),
        [("741593", "741593"), ("1593", "741593"), ("881001", "1001"), ("1001", "1001")],
    )
    def test_may_never_be_the_extension(self, pin: str, extension: str) -> None:
        policy = Policy(min_pin_length=4, allow_common_patterns=True)

        for owner in (
            Subscriber(extension=extension),
            Subscriber(other_extensions=("2002", extension)),
        ):
            assert refusal(pin, policy, owner) is PinRefusal.EXTENSION

    def test_may_end_in_a_very_short_extension(self) -> None:
        assert refusal("184712", POLICY, Subscriber(extension="12")) is None

    def test_is_refused_in_words_that_complete_a_sentence(self) -> None:
        assert "a PIN that " + PinRefusal.COMMON == (
            "a PIN that counts up or down, or repeats itself"
        )


class SomeOctets:
    """Randomness whose octets a test chooses; the last are given for ever."""

    def __init__(self, *draws: bytes) -> None:
        self.draws = list(draws)

    def octets(self, count: int) -> bytes:
        return self.draws.pop(0) if len(self.draws) > 1 else self.draws[0]

    def token(self, octets: int = 16) -> str:
        return self.octets(octets).hex()

    def fraction(self) -> float:
        return 0.0


class TestAGeneratedPin:
    @given(octets=st.binary(min_size=24, max_size=24), length=st.integers(4, 24))
    @repeatable
    def test_is_one_that_may_be_chosen(self, octets: bytes, length: int) -> None:
        randomness = SomeOctets(octets, b"\x01\x08\x04\x07\x00\x09")
        policy = Policy(min_pin_length=length)

        pin = generate_pin(randomness, policy, "1001")

        assert len(pin) == max(length, 6)
        assert refusal(pin, policy, Subscriber(extension="1001")) is None

    def test_is_drawn_again_until_it_is_good(self) -> None:
        randomness = SomeOctets(b"\1\2\3\4\5\6", b"\1\1\1\1\1\1", b"\1\x08\4\7\0\x09")

        assert generate_pin(randomness, POLICY, "1001") == "184709"

    def test_has_every_digit_equally_often(self) -> None:
        """256 is no multiple of 10: octets from 250 on would prefer 0 to 5."""
        randomness = SomeOctets(bytes((255, 250, 254, 251, 253, 255)), b"\1\x08\4\7\0\x09")

        assert generate_pin(randomness, POLICY, "1001") == "184709"

    @pytest.mark.parametrize("octet", [b"\7", b"\xff"])
    def test_is_not_sought_for_ever(self, octet: bytes) -> None:
        with pytest.raises(Misuse, match="the randomness is none"):
            generate_pin(SomeOctets(octet * 6), POLICY, "1001")


class TestAWrongPin:
    def test_is_counted_over_all_calls(self) -> None:
        assert after_failure(after_failure(PRESENT, POLICY), POLICY) == replace(PRESENT, failures=2)

    def test_the_fifth_in_a_row_makes_a_new_pin_necessary(self) -> None:
        fourth = replace(PRESENT, failures=4)

        fifth = after_failure(fourth, POLICY)

        assert not is_barred(fourth)
        assert is_barred(fifth)
        assert (fifth.needs_reset, fifth.is_locked_out) == (True, False)

    def test_the_fifteenth_in_a_row_locks_the_mailbox(self) -> None:
        state = PRESENT
        for _ in range(15):
            assert not state.is_locked_out
            state = after_failure(state, POLICY)

        assert (state.needs_reset, state.is_locked_out, state.failures) == (True, True, 15)

    def test_leads_to_lockout_alone_where_the_policy_knows_no_reset(self) -> None:
        policy = Policy(failures_before_reset=None)

        state = after_failure(replace(PRESENT, failures=14), policy)

        assert (state.needs_reset, state.is_locked_out) == (False, True)

    def test_after_a_lockout_changes_nothing_but_the_count(self) -> None:
        locked = replace(PRESENT, failures=15, is_locked_out=True, needs_reset=True)

        assert after_failure(locked, Policy(failures_before_lockout=99)) == replace(
            locked, failures=16
        )


class TestTheRightPin:
    def test_ends_the_row_of_wrong_ones(self) -> None:
        assert after_success(replace(PRESENT, failures=4)) == PRESENT

    def test_does_not_open_a_mailbox_that_nobody_set_a_pin_for(self) -> None:
        assert is_barred(PinState())
        assert not is_barred(PRESENT)


class TestAnOldPin:
    @pytest.mark.parametrize(("days", "expired"), [(59, False), (60, True), (61, True)])
    def test_expires_after_its_lifetime(self, days: int, expired: bool) -> None:
        now = NOW + timedelta(days=days)

        assert is_expired(PRESENT, POLICY, now) is expired
        assert must_choose_new(PRESENT, POLICY, now) is expired

    def test_lives_for_ever_where_the_policy_says_so(self) -> None:
        policy = Policy(pin_lifetime_days=None)

        assert not is_expired(PRESENT, policy, NOW + timedelta(days=9999))

    def test_that_was_never_set_does_not_expire(self) -> None:
        assert not is_expired(PinState(), POLICY, NOW)

    def test_from_an_administrator_must_be_changed_at_once(self) -> None:
        assert must_choose_new(replace(PRESENT, must_change=True), POLICY, NOW)


class TestAChangedPin:
    def test_ends_a_lockout_and_starts_anew(self) -> None:
        locked = replace(
            PRESENT, failures=15, is_locked_out=True, needs_reset=True, must_change=True
        )

        changed = with_new_pin(locked, "hash2", POLICY, NOW + timedelta(days=1))

        assert changed == PinState(
            hashed="hash2", set_at=NOW + timedelta(days=1), history=("hash1", "hash0")
        )

    def test_by_an_administrator_is_for_one_logon(self) -> None:
        assert with_new_pin(PRESENT, "hash2", POLICY, NOW, must_change=True).must_change

    def test_the_first_has_no_history(self) -> None:
        assert with_new_pin(PinState(), "hash1", POLICY, NOW).history == ()

    def test_may_be_none_of_the_last_ones(self) -> None:
        policy = Policy(pin_history=3)
        state = PinState()
        for number in range(5):
            state = with_new_pin(state, f"hash{number}", policy, NOW)

        assert hashes_not_to_reuse(state, policy) == ("hash4", "hash3", "hash2")
        assert hashes_not_to_reuse(PinState(), policy) == ()
        assert state.history == ("hash3", "hash2", "hash1")


def test_a_message_that_is_gone_is_named() -> None:
    gone = MessageGone(MessageId("m1"))

    assert (str(gone), gone.message) == ("message m1 is no longer there", "m1")
