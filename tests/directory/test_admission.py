"""What the status of a node, a gateway and an attendant means on the wire."""

from dataclasses import replace

import pytest
from tests.support.organisation import PBX

from umbel.directory.admission import refused_by_attendant, refused_by_gateway, refused_by_node
from umbel.directory.objects import AutoAttendant, Node, Status

NODE = Node(name="node01.example.org")


class TestANode:
    def test_takes_calls_unless_told_otherwise(self) -> None:
        assert refused_by_node(NODE) is None

    @pytest.mark.parametrize(
        ("status", "reason"),
        [
            (Status.NO_NEW_CALLS, "node node01.example.org takes no new calls"),
            (Status.DISABLED, "node node01.example.org is disabled"),
        ],
    )
    def test_sends_callers_to_the_next_one(self, status: Status, reason: str) -> None:
        refused = refused_by_node(replace(NODE, status=status))

        assert refused is not None
        assert (refused.status, refused.reason, refused.retry_after) == (503, reason, 30)


class TestAGateway:
    @pytest.mark.parametrize(
        ("status", "answer"),
        [
            (Status.ENABLED, None),
            (Status.NO_NEW_CALLS, (503, "gateway pbx takes no new calls", 30)),
            (Status.DISABLED, (403, "gateway pbx is disabled", None)),
        ],
    )
    def test_is_refused_as_its_status_says(
        self, status: Status, answer: tuple[int, str, int | None] | None
    ) -> None:
        refused = refused_by_gateway(replace(PBX, status=status))

        found = refused and (refused.status, refused.reason, refused.retry_after)
        assert found == answer


class TestAnAttendant:
    @pytest.mark.parametrize(
        ("status", "answer"),
        [
            (Status.ENABLED, None),
            (Status.NO_NEW_CALLS, (480, "auto attendant x takes no new calls")),
            (Status.DISABLED, (403, "auto attendant x is disabled")),
        ],
    )
    def test_that_is_closed_is_no_reason_to_try_another_server(
        self, status: Status, answer: tuple[int, str] | None
    ) -> None:
        refused = refused_by_attendant(AutoAttendant(name="x", dial_plan="HQ", status=status), PBX)
        assert (refused and (refused.status, refused.reason)) == answer
