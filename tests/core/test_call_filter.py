"""Which calls are looked at more closely."""

import pytest

from umbel.core.call_filter import CallFilter
from umbel.core.errors import Mistake


def matches(texts: list[str], gateway: str = "lync") -> bool:
    return CallFilter.parse(texts, "here").matches(
        caller=("2001", "bell"), dialled=("9000",), gateway=(gateway,)
    )


class TestAFilter:
    def test_without_a_field_matches_every_call(self) -> None:
        assert matches([])
        assert CallFilter().matches()

    def test_matches_any_value_of_a_field(self) -> None:
        assert matches(["caller=2002", "caller=bell"])
        assert not matches(["caller=2002"])

    def test_needs_every_field_that_it_names(self) -> None:
        assert matches(["gateway=lync", "dialled=9000"])
        assert not matches(["gateway=lync", "dialled=9001"])
        assert not CallFilter.parse(["gateway=lync"], "here").matches()

    def test_has_no_regard_for_case(self) -> None:
        assert matches(["Gateway=Lync"], gateway="LYNC")

    def test_is_about_people_where_it_names_some(self) -> None:
        assert CallFilter.parse(["dialled=9000"], "here").is_about_people
        assert not CallFilter.parse(["gateway=lync"], "here").is_about_people

    @pytest.mark.parametrize("text", ["lync", "gateway=", "colour=red", ""])
    def test_that_makes_no_sense_is_told(self, text: str) -> None:
        with pytest.raises(Mistake, match="FIELD=VALUE with a field of caller, dialled, gateway"):
            CallFilter.parse([text], "here")
