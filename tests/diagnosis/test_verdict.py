"""What one try says about a gateway."""

import pytest
from tests.support.attempts import answered, shaken, tried

from umbel.diagnosis.attempt import Attempt, Step
from umbel.diagnosis.observation import PeeringState
from umbel.diagnosis.verdict import verdict
from umbel.identity.handshake import Ending

CLIENT_HELLO = 1
SERVER_HELLO = 2
ALL = 6


class TestAnAnswer:
    @pytest.mark.parametrize("status", [200, 302, 403, 404, 405, 481, 488, 500, 603])
    def test_whatever_it_says_is_a_sign_of_life(self, status: int) -> None:
        assert verdict(answered(status)) is PeeringState.UP

    @pytest.mark.parametrize("status", [408, 503])
    def test_that_somebody_behind_is_not_there_proves_nothing_at_once(self, status: int) -> None:
        assert verdict(answered(status)) is None

    def test_that_names_a_time_to_come_again_asks_for_no_new_calls(self) -> None:
        assert verdict(answered(503, retry_after=30)) is PeeringState.DRAINING
        assert verdict(answered(503, retry_after=0)) is PeeringState.DRAINING


class TestTroubleWithTls:
    @pytest.mark.parametrize(
        ("attempt", "state"),
        [
            (shaken(Ending.REFUSED_BY_US), PeeringState.REFUSED_BY_US),
            (shaken(Ending.REFUSED_BY_PEER), PeeringState.REFUSED_BY_THEM),
            (shaken(Ending.NOT_TLS, CLIENT_HELLO), PeeringState.REFUSED_BY_THEM),
            (shaken(Ending.CLOSED_BY_PEER, ALL), PeeringState.REFUSED_BY_THEM),
            (shaken(Ending.RESET_BY_PEER, ALL), PeeringState.REFUSED_BY_THEM),
            (shaken(Ending.CLOSED_BY_PEER, CLIENT_HELLO), PeeringState.REFUSED_BY_THEM),
        ],
    )
    def test_names_the_side_that_did_not_want_the_other(
        self, attempt: Attempt, state: PeeringState
    ) -> None:
        """Silence after our certificate, or at our ClientHello, is a refusal as an alert is."""
        assert verdict(attempt) is state

    @pytest.mark.parametrize(
        "attempt",
        [
            shaken(Ending.CLOSED_BY_PEER, SERVER_HELLO),
            shaken(Ending.RESET_BY_PEER, SERVER_HELLO),
            shaken(Ending.TIMED_OUT, ALL),
        ],
    )
    def test_in_the_middle_may_be_a_restart(self, attempt: Attempt) -> None:
        assert verdict(attempt) is None


class TestNoAnswer:
    @pytest.mark.parametrize("step", [Step.RESOLVING, Step.CONNECTING, Step.ASKING])
    def test_proves_nothing_by_itself(self, step: Step) -> None:
        assert verdict(tried(step=step)) is None

    def test_on_a_connection_whose_handshake_went_well_is_no_refusal(self) -> None:
        shaken_well = shaken(Ending.SUCCEEDED)
        assert verdict(tried(step=Step.ASKING, handshake=shaken_well.handshake)) is None
