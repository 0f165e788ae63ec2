"""What the log of a node says at each level."""

from dataclasses import replace

import pytest
import structlog
from tests.support.attempts import HANDSHAKE, shaken
from tests.support.organisation import LYNC, organisation
from tests.support.still_clock import PIONEERS_DAY

from umbel.app.node_log import NodeLog
from umbel.core import event_catalogue as catalogue
from umbel.core.events import Category, Event, EventKind
from umbel.directory.objects import Node
from umbel.directory.records import CallRecord, CallState, Direction, Milestone
from umbel.identity.handshake import Ending
from umbel.sip.hop import Transport
from umbel.trace.entry import ConnectionEnd, Handshake, Passage

NAME = "node01.example.org"
POOL = ("192.0.2.7", 5061)
SHAKEN = Handshake(at=PIONEERS_DAY, connection="c1", report=replace(HANDSHAKE, remote=POOL))
REGISTER = Passage(
    at=PIONEERS_DAY,
    transport=Transport.TLS,
    local=("192.0.2.1", 5061),
    remote=POOL,
    sent_by_us=True,
    octets=b"INVITE sip:9000@um.test SIP/2.0\r\nCall-ID: a\r\n"
    b'Authorization: Digest username="bell", response="0123456789abcdef"\r\n\r\n',
    connection="c1",
)


def log_with(*levels: str, event_filter: tuple[str, ...] = ()) -> NodeLog:
    """Give the log of a node whose levels are set."""
    log = NodeLog(NAME)
    node = Node(name=NAME, event_level=levels, event_filter=event_filter)
    log.take(organisation(LYNC, node), lambda: {"lync": (POOL[0],)})
    return log


def event(kind: EventKind) -> Event:
    return Event(kind=kind, at=PIONEERS_DAY, node=NAME, fields=dict.fromkeys(kind.fields, "x"))


@pytest.fixture
def lines() -> "list[str]":
    """Collect what is logged."""
    return []


@pytest.fixture(autouse=True)
def _capture(lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Collector:
        def _take(self, text: str, **_fields: object) -> None:
            lines.append(text)

        info = warning = error = _take

    monkeypatch.setattr(structlog, "get_logger", lambda *_names: Collector())


class TestEvents:
    @pytest.mark.parametrize(
        ("level", "count"), [("lowest", 1), ("low", 2), ("medium", 3), ("expert", 3)]
    )
    def test_are_logged_by_how_urgent_they_are(
        self, lines: list[str], level: str, count: int
    ) -> None:
        log = log_with(f"all={level}")
        for kind in (
            catalogue.STORE_UNAVAILABLE,
            catalogue.GATEWAY_UNRESPONSIVE,
            catalogue.SERVICE_STARTED,
        ):
            log.event(event(kind))

        assert len(lines) == count

    def test_of_another_category_are_not_touched(self, lines: list[str]) -> None:
        log = log_with("system=lowest")
        log.event(event(catalogue.SERVICE_STARTED))
        log.event(event(catalogue.CALL_ENDED))
        assert len(lines) == 1

    def test_are_logged_as_before_where_the_levels_cannot_be_read(self, lines: list[str]) -> None:
        log = log_with("all=lowest")
        log.take(organisation(Node(name=NAME, event_level=("nonsense",))), dict)
        log.event(event(catalogue.STORE_UNAVAILABLE))
        log.event(event(catalogue.SERVICE_STARTED))
        assert len(lines) == 2
        assert "cannot be read" in lines[0]


class TestSteps:
    def test_are_logged_at_level_high(self, lines: list[str]) -> None:
        log_with().step(Category.CONNECTIVITY, "asked")
        log_with("connectivity=high").step(Category.CONNECTIVITY, "asked")
        assert lines == ["asked"]

    def test_of_a_call_are_its_milestones_each_once(self, lines: list[str]) -> None:
        kept: list[CallRecord] = []
        keep = log_with("call=high").with_milestones(kept.append)
        milestones = tuple(Milestone(at=PIONEERS_DAY, name=name) for name in ("a.b", "c.d"))
        record = CallRecord(
            id="x",
            node=NAME,
            direction=Direction.INBOUND,
            state=CallState.ANSWERED,
            started=PIONEERS_DAY,
            milestones=milestones[:1],
        )
        keep(record)
        keep(replace(record, milestones=milestones))
        keep(replace(record, milestones=milestones, state=CallState.ENDED))

        assert lines == ["a.b", "c.d"]
        assert len(kept) == 3

    def test_of_tls_are_handshakes_as_a_whole(self, lines: list[str]) -> None:
        log_with("tls=high").entry(SHAKEN)
        log_with().entry(SHAKEN)
        assert lines == ["TLS handshake with 192.0.2.7:5061 succeeded"]


class TestLevelExpert:
    def test_shows_messages_without_their_secrets(self, lines: list[str]) -> None:
        log_with("sip=expert").entry(REGISTER)

        (line,) = lines
        assert line.startswith("INVITE to TLS 192.0.2.7:5061\nINVITE sip:9000@um.test SIP/2.0\n")
        assert "0123456789abcdef" not in line

    def test_lets_no_peer_steer_the_terminal(self, lines: list[str]) -> None:
        log_with("sip=expert").entry(replace(REGISTER, octets=b"\x1b[2JINVITE\r\nX: \x9b\x07\r\n"))

        assert all(char.isprintable() or char == "\n" for char in lines[0])

    def test_shows_each_message_of_a_handshake(self, lines: list[str]) -> None:
        report = shaken(Ending.REFUSED_BY_PEER, detail="unknown_ca").handshake
        assert report is not None
        log_with("tls=expert", event_filter=("gateway=lync",)).entry(replace(SHAKEN, report=report))

        assert lines[0] == "TLS handshake with 192.0.2.7:5061 refused by the peer (unknown_ca)"
        assert lines[1] == "after 0.0 ms we sent ClientHello"
        assert lines[-1] == "after 20.0 ms we sent Finished"

    def test_shows_only_what_the_filter_means(self, lines: list[str]) -> None:
        log = log_with("all=expert", event_filter=("gateway=lync",))
        log.entry(replace(REGISTER, remote=("198.51.100.1", 5061), problem="refused"))
        assert lines == []

    def test_tells_of_the_end_of_a_connection_that_was_shown(self, lines: list[str]) -> None:
        log = log_with("sip=expert")
        log.entry(REGISTER)
        log.entry(
            ConnectionEnd(
                at=PIONEERS_DAY,
                connection="c1",
                transport=Transport.TLS,
                local=("192.0.2.1", 5061),
                remote=POOL,
                detail="idle",
            )
        )
        assert lines[1] == "the connection with 192.0.2.7:5061 ended: idle"

    def test_of_one_category_shows_nothing_of_the_other(self, lines: list[str]) -> None:
        log_with("tls=expert").entry(REGISTER)
        log_with("sip=expert").entry(SHAKEN)
        assert lines == []
