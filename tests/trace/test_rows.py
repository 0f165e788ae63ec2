"""A trace for programs."""

import json
from dataclasses import replace

from tests.support.traces import (
    AT,
    END,
    FAILED_HANDSHAKE,
    NAMED,
    RECEIVED,
    kept,
)

from umbel.identity.handshake import Alert, Step
from umbel.trace.entry import Secrets, Untold
from umbel.trace.repeats import Repeats
from umbel.trace.rows import rows


class TestRows:
    def test_are_json_of_every_kind_but_secrets(self) -> None:
        secrets = Secrets(at=AT, connection="connection-2", lines="CLIENT_RANDOM 00 11")
        report = replace(
            FAILED_HANDSHAKE.report,
            alerts=(Alert(sent_by_us=False, description="unknown_ca", is_fatal=True),),
            steps=(Step(sent_by_us=True, message="ClientHello", after=0.0),),
        )
        entries = (RECEIVED, NAMED, replace(FAILED_HANDSHAKE, report=report), END, secrets)
        found = list(rows([kept(entry) for entry in entries], Repeats()))

        assert [row["kind"] for row in found] == ["message", "call", "handshake", "end"]
        assert json.loads(json.dumps(found)) == found
        assert found[2]["alerts"] == [{"sent": False, "description": "unknown_ca"}]

    def test_tell_what_was_sent_again(self) -> None:
        found = list(rows(map(kept, (RECEIVED, RECEIVED)), Repeats()))

        assert [row["retransmission"] for row in found] == [False, True]


class TestRepeats:
    def test_count_no_message_that_was_not_delivered(self) -> None:
        repeats, failed = Repeats(), replace(RECEIVED, problem="refused")

        assert not repeats.is_repeated("node", failed)
        assert not repeats.is_repeated("node", RECEIVED)

    def test_are_forgotten_after_a_while(self) -> None:
        repeats = Repeats()
        repeats.is_repeated("node", RECEIVED)
        for number in range(10_000):
            repeats.is_repeated("node", replace(RECEIVED, octets=b"%d" % number))

        assert not repeats.is_repeated("node", RECEIVED)


def test_a_flood_has_a_row_with_its_number() -> None:
    (row,) = rows([kept(Untold(at=AT, count=1234))], Repeats())

    assert (row["kind"], row["count"]) == ("untold", 1234)
