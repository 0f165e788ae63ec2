"""Which calls are looked at more closely."""

import pytest

from umbel.core.call_filter import CallFilter
from umbel.core.errors import Mistake


def matches(texts: list[str], **call: str) -> bool:
    about = {"caller": "2001", "dialled": "9000", "gateway": "lync"} | call
    return CallFilter.parse(texts, "here").matches(**about)


class TestAFilter:
    def test_without_a_field_matches_every_call(self) -> None:
        assert matches([])

    def test_matches_any_value_of_a_field(self) -> None:
        assert matches(["caller=2002", "caller=2001"])
        assert not matches(["caller=2002"])

    def test_needs_every_field_that_it_names(self) -> None:
        assert matches(["gateway=lync", "dialled=9000"])
        assert not matches(["gateway=lync", "dialled=9001"])

    def test_has_no_regard_for_case(self) -> None:
        assert matches(["Gateway=Lync"], gateway="LYNC")

    @pytest.mark.parametrize("text", ["lync", "gateway=", "colour=red", ""])
    def test_that_makes_no_sense_is_told(self, text: str) -> None:
        with pytest.raises(Mistake, match="FIELD=VALUE with a field of caller, dialled, gateway"):
            CallFilter.parse([text], "here")
