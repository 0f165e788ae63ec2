"""The event catalogue is complete and each sentence can be said."""

import re
import string
from datetime import UTC, datetime

from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Mistake
from umbel.core.event_fields import MEANINGS
from umbel.core.events import Event, Level


class TestTheCatalogue:
    def test_finds_a_kind_by_its_number(self) -> None:
        assert catalogue.by_number(1025) is catalogue.TRANSFER_FAILED
        assert catalogue.by_number(1) is None

    def test_is_in_the_order_of_the_numbers_and_has_each_once(self) -> None:
        numbers = [kind.number for kind in catalogue.all_kinds()]

        assert sorted(set(numbers)) == numbers

    def test_every_warning_and_error_says_what_to_do(self) -> None:
        silent = [
            kind.number
            for kind in catalogue.all_kinds()
            if kind.level is not Level.INFORMATION and not kind.do
        ]

        assert silent == []

    def test_every_sentence_and_cure_can_be_filled_in_with_the_same_fields(self) -> None:
        for kind in catalogue.all_kinds():
            fields = [name for _, name, _, _ in string.Formatter().parse(kind.sentence) if name]
            fields += ["do"]  # A finding brings its own cure.
            event = Event(
                kind=kind,
                at=datetime(2026, 11, 23, tzinfo=UTC),
                node="node01.example.org",
                fields=dict.fromkeys(fields, "x"),
            )

            assert re.search(r"\.$", event.sentence)
            assert "{" not in event.sentence + event.cure

    def test_every_field_has_one_meaning(self) -> None:
        fields = {name for kind in catalogue.all_kinds() for name in kind.fields}
        assert fields - MEANINGS.keys() == set()

    def test_names_fields_in_the_order_of_the_sentence(self) -> None:
        assert catalogue.LOGON_FAILURES.fields == ("caller", "failures", "mailbox")

    def test_tells_exchanges_numbers_from_ours(self) -> None:
        assert catalogue.GATEWAY_UNRESPONSIVE.is_exchanges
        assert not catalogue.SERVICE_STOPPED.is_exchanges


class TestAMistake:
    def test_says_found_expected_where_and_what_to_do(self) -> None:
        mistake = Mistake("70000", expected="a port", where="umbel.toml", do="choose a free one")

        assert str(mistake) == "umbel.toml: found 70000, expected a port; choose a free one"
