"""What the C programs say, and what they and Python both know of streams."""

import json
from pathlib import Path

import pytest

from bench.figures import Kind, window_from
from bench.peers import peer_of, secure_key
from bench.programs import ProgramFailed, Tally, loop_arguments, read_answer, tally_from

WINDOW = (
    b'{"answer":"window","seconds":3.000,"streams":2,"expected":300,"heard":299,"on_time":298,'
    b'"silent_streams":0,"sent":300,"sent_late":1,"unverified":0,"p50":0.50,"p99":1.25,'
    b'"p999":2.00,"worst":2.10,"ended_by_server":0}\n'
)
NAMED = ("setup", "bye", "options", "handshakes", "keys")
NO_TIME = {"count": 0, "p50": 0.0, "p95": 0.0, "p99": 0.0, "worst": 0.0}
COUNTS = set(Tally.__slots__) - {"seconds", "generator_cpu", *NAMED}


class TestAnAnswer:
    def test_to_window_is_read(self) -> None:
        window = window_from(read_answer(WINDOW, "window 3"))

        assert (window.streams, window.on_time, window.p99) == (2, 298, 1.25)

    def test_to_a_command_of_calls_is_read(self) -> None:
        answer: dict[str, object] = {"answer": "rate", "seconds": 5.0, "generator_cpu": 0.1}
        answer |= dict.fromkeys(COUNTS, 1)
        answer |= dict.fromkeys(NAMED, NO_TIME)
        tally = tally_from(read_answer(json.dumps(answer).encode(), "rate 10 5 1 9001"))

        assert tally.failed == 5
        assert tally.setup.count == 0

    @pytest.mark.parametrize("line", [b"Segmentation fault\n", b"[]\n", b'{"answer":"calls"}\n'])
    def test_that_nobody_understands_is_told(self, line: bytes) -> None:
        with pytest.raises(ProgramFailed, match="expected"):
            read_answer(line, "window 3")


class TestAStream:
    def test_has_an_address_that_no_other_has(self) -> None:
        peers = [peer_of(stream) for stream in range(4000)]

        assert len(set(peers)) == 4000
        assert peers[0] == ("127.1.0.1", 30200)
        assert peers[21] == ("127.1.0.2", 30202)

    def test_has_keys_of_its_own_for_each_direction(self) -> None:
        keys = {secure_key(stream, towards) for stream in range(100) for towards in (False, True)}

        assert len(keys) == 200
        assert {len(key) for key in keys} == {30}


class TestTheLoop:
    def test_is_told_what_calls_of_a_kind_do(self) -> None:
        kind = Kind(plays=True, records=False, is_secure=False, has_own_ports=True)

        assert loop_arguments(kind, 10, Path("unused"), 1) == [
            "--sockets", "own", "--does", "playing", "--most", "10", "--sink-core", "1",
        ]  # fmt: skip
