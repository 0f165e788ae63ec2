"""Tables become values, and a person's mistakes are told so that they can be mended."""

from dataclasses import dataclass
from enum import StrEnum

import pytest

from umbel.core.errors import Mistake, Misuse
from umbel.core.tables import describe, plain, read_table, write_table


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Petal:
    length: float
    colour: Colour = Colour.RED


@dataclass(frozen=True, slots=True, kw_only=True)
class Flower:
    name: str
    petals: tuple[Petal, ...] = ()
    height: int | None = None
    blooms: bool = False
    best: Petal | None = None


ROSE = {
    "name": "rose",
    "petals": [{"length": 2}, {"length": 2.5, "colour": "blue"}],
    "height": 40,
    "blooms": True,
    "best": {"length": 3.0},
}


def told(table: dict[str, object]) -> str:
    with pytest.raises(Mistake) as caught:
        read_table(Flower, table, "garden.toml, flower rose")
    return str(caught.value)


class TestAGoodTable:
    def test_becomes_the_value_that_it_describes(self) -> None:
        rose = read_table(Flower, ROSE, "here")

        assert rose == Flower(
            name="rose",
            petals=(Petal(length=2.0), Petal(length=2.5, colour=Colour.BLUE)),
            height=40,
            blooms=True,
            best=Petal(length=3.0),
        )

    def test_comes_back_as_it_was_without_what_is_default(self) -> None:
        rose = read_table(Flower, ROSE | {"petals": []}, "here")

        assert write_table(rose) == {
            "name": "rose",
            "height": 40,
            "blooms": True,
            "best": {"length": 3.0},
        }

    def test_a_whole_number_is_a_number(self) -> None:
        assert read_table(Petal, {"length": 2}, "here").length == 2.0


class TestNothing:
    def test_is_written_where_the_default_is_something(self) -> None:
        @dataclass(frozen=True, slots=True, kw_only=True)
        class Vase:
            lifetime: int | None = 60
            height: int | None = None

        assert write_table(Vase(lifetime=None)) == {"lifetime": "none"}
        assert read_table(Vase, {"lifetime": "none"}, "here") == Vase(lifetime=None)


class TestABadTable:
    def test_an_unknown_key_is_told_with_the_nearest_one(self) -> None:
        message = told({"name": "rose", "hieght": 3})

        assert message == (
            'garden.toml, flower rose: found the unknown key "hieght", '
            'expected one of name, petals, height, blooms, best; did you mean "height"?'
        )

    def test_an_unknown_key_like_no_other_is_told_without_a_guess(self) -> None:
        assert told({"name": "rose", "zzz": 3}).endswith("blooms, best")

    def test_a_missing_key_is_told_with_what_it_holds(self) -> None:
        assert told({}) == "garden.toml, flower rose: found no name, expected text"

    @pytest.mark.parametrize(
        ("key", "value", "expected"),
        [
            ("name", 5, "name: found 5, expected text"),
            ("height", "tall", 'height: found "tall", expected a whole number or "none"'),
            ("height", True, "height: found true, expected a whole number"),
            ("blooms", 0, "blooms: found 0, expected true or false"),
            ("petals", "many", 'petals: found "many", expected a list, each item a table with'),
            ("petals", [1], "petals, item 1: found 1, expected a table with length, colour"),
            ("best", {"length": "x"}, 'best, length: found "x", expected a number'),
            ("best", False, "best: found false, expected a table with length, colour"),
        ],
    )
    def test_a_wrong_type_is_told_with_its_place(
        self, key: str, value: object, expected: str
    ) -> None:
        assert expected in told({"name": "rose", key: value})

    def test_a_wrong_choice_is_told_with_all_right_ones(self) -> None:
        message = told({"name": "rose", "best": {"length": 1, "colour": {"r": 255}}})

        assert 'found a table, expected one of "red", "blue"' in message


class TestDescriptions:
    def test_a_type_that_no_table_holds_is_our_own_fault(self) -> None:
        with pytest.raises(Misuse):
            describe(complex)

    def test_plain_gives_what_json_knows(self) -> None:
        assert plain((Colour.RED, Petal(length=1.0))) == ["red", {"length": 1.0}]
