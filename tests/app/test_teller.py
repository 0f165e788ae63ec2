"""An event reaches everybody who keeps or shows it, whole or not at all."""

import pytest
from tests.support.still_clock import PIONEERS_DAY, StillClock

from umbel.app.teller import Teller
from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Misuse
from umbel.core.events import Event


class TestAnEvent:
    def test_reaches_every_listener_with_its_time_and_node(self) -> None:
        log: list[Event] = []
        store: list[Event] = []
        teller = Teller("node01.umbel.test", StillClock())
        teller.add_listener(log.append)
        teller.add_listener(store.append)
        teller.tell(catalogue.STORE_AVAILABLE, node="node01.umbel.test")

        assert log == store
        assert (log[0].at, log[0].node) == (PIONEERS_DAY, "node01.umbel.test")

    def test_that_came_before_a_listener_is_not_told_again(self) -> None:
        late: list[Event] = []
        teller = Teller("node01.umbel.test", StillClock())
        teller.tell(catalogue.STORE_AVAILABLE, node="node01.umbel.test")
        teller.add_listener(late.append)

        assert late == []

    def test_can_be_shown_and_kept_whatever_a_peer_wrote(self) -> None:
        told: list[Event] = []
        teller = Teller("node01.umbel.test", StillClock())
        teller.add_listener(told.append)
        reason = "found the header \0 in sip:jürgen@a?\x1b[2J\n\udcff=1"
        teller.tell(catalogue.MALFORMED_MESSAGE, peer="UDP 192.0.2.1:5060", reason=reason)

        (event,) = told
        assert event.fields["reason"] == "found the header � in sip:jürgen@a?�[2J �=1"
        assert event.fields["peer"] == "UDP 192.0.2.1:5060"
        assert event.sentence.isprintable()

    @pytest.mark.parametrize(
        ("fields", "missing"),
        [
            pytest.param({"mailbox": "2001"}, "failures", id="of its sentence"),
            pytest.param({"failures": 5}, "mailbox", id="of its sentence and its cure"),
        ],
    )
    def test_without_a_field_is_our_mistake(
        self, fields: dict[str, str | int], missing: str
    ) -> None:
        heard: list[Event] = []
        teller = Teller("node01.umbel.test", StillClock())
        teller.add_listener(heard.append)

        with pytest.raises(Misuse, match=f"event 1012 was told without its field '{missing}'"):
            teller.tell(catalogue.LOCKED_OUT, **fields)
        assert heard == []
