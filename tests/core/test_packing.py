"""Values as JSON and back."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import pytest

from umbel.core.errors import Misuse
from umbel.core.packing import Unreadable, pack, unpack


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    name: str
    size: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    at: datetime
    colour: Colour = Colour.RED
    octets: tuple[bytes, ...] = ()
    place: tuple[str, int] = ("", 0)
    part: Part | None = None
    parts: tuple[Part, ...] = ()
    is_good: bool = True


WHEN = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
FULL = Thing(
    at=WHEN,
    colour=Colour.GREEN,
    octets=(b"\x00\xff", b""),
    place=("192.0.2.1", 5061),
    part=Part(name="gong", size=2),
    parts=(Part(name="hook"), Part(name="dial", size=0.5)),
    is_good=False,
)


class TestAValue:
    @pytest.mark.parametrize("thing", [FULL, Thing(at=WHEN)])
    def test_comes_back_from_json_as_it_was(self, thing: Thing) -> None:
        assert unpack(Thing, json.loads(json.dumps(pack(thing)))) == thing

    def test_leaves_out_what_equals_its_default(self) -> None:
        assert pack(Thing(at=WHEN)) == {"at": "2026-03-10T09:30:00+00:00"}

    def test_of_another_version_is_read_as_far_as_it_is_known(self) -> None:
        assert unpack(Part, {"name": "gong", "weight": 3}) == Part(name="gong")

    def test_takes_a_whole_number_where_a_fraction_may_be(self) -> None:
        assert unpack(Part, {"name": "gong", "size": 3}) == Part(name="gong", size=3.0)

    def test_that_json_cannot_hold_is_our_own_fault(self) -> None:
        with pytest.raises(Misuse, match="a set cannot be packed"):
            pack(Part(name={"x"}))  # type: ignore[arg-type]  # on purpose


class TestWhatIsNoSuchValue:
    @pytest.mark.parametrize(
        ("packed", "why"),
        [
            ([], "expected an object"),
            ({}, "at"),
            ({"at": "yesterday"}, "'yesterday'"),
            ({"at": 5}, "found 5, expected datetime"),
            ({"at": WHEN.isoformat(), "colour": "blue"}, "'blue'"),
            ({"at": WHEN.isoformat(), "octets": "AA=="}, "expected a list"),
            ({"at": WHEN.isoformat(), "octets": ["~"]}, "expected bytes"),
            ({"at": WHEN.isoformat(), "octets": [7]}, "expected bytes"),
            ({"at": WHEN.isoformat(), "place": ["a"]}, "found 1 items, expected 2"),
            ({"at": WHEN.isoformat(), "part": 5}, "Part: found 5"),
            ({"at": WHEN.isoformat(), "part": {"name": True}}, "found True, expected str"),
        ],
    )
    def test_is_told(self, packed: object, why: str) -> None:
        with pytest.raises(Unreadable, match=why):
            unpack(Thing, packed)
