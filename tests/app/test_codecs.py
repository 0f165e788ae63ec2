"""How many calls may be transcoded, what the next one gets, and when an administrator hears of it."""

import pytest
from tests.support.still_clock import StillClock
from tests.support.told import Told

from umbel.app.codecs import CodecRoom, codecs_of
from umbel.app.media_settings import MediaSettings
from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Mistake
from umbel.media.session import PLAIN_CODECS, Codec
from umbel.net.media_engine import libopus

TRANSCODED = (Codec.G722, Codec.OPUS)


class Room:
    """Room for two."""

    def __init__(self, settings: MediaSettings | None = None) -> None:
        self.told = Told()
        self.clock = StillClock()
        self.room = CodecRoom(
            settings or MediaSettings(transcoded_calls=2),
            node="node01",
            events=self.told,
            clock=self.clock,
        )

    def fill(self) -> None:
        for call in ("a", "b"):
            self.room.agree(call, Codec.G722)


@pytest.fixture(autouse=True)
def _with_libopus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the library, which not every machine has."""
    monkeypatch.setattr(libopus, "is_available", lambda: True)


class TestWithRoom:
    def test_a_call_may_have_every_codec_and_g711_is_offered_first(self) -> None:
        assert Room().room.enter("a") == ((*PLAIN_CODECS, *TRANSCODED), ())

    def test_a_place_is_kept_until_the_call_ends(self) -> None:
        room = Room().room
        room.enter("a")
        room.agree("a", Codec.OPUS)
        assert len(room) == 1

        room.leave("a")
        assert len(room) == 0

    def test_the_place_of_a_call_that_agreed_on_g711_is_free_again(self) -> None:
        room = Room().room
        for call in "abcdef":
            room.enter(call)
            room.agree(call, Codec.PCMA)

        assert len(room) == 0
        assert room.enter("g")[1] == ()


class TestWithoutRoom:
    def test_a_call_gets_g711_and_the_administrator_is_told(self) -> None:
        made = Room()
        made.fill()

        assert made.room.enter("c") == (PLAIN_CODECS, TRANSCODED)
        (event,) = made.told.events
        assert event.kind is catalogue.NO_ROOM_TO_TRANSCODE
        assert event.fields == {
            "node": "node01",
            "limit": 2,
            "codecs": "G722 or opus",
            "call": "c",
        }

    def test_the_administrator_is_told_once_a_minute(self) -> None:
        made = Room()
        made.fill()
        for call in "cde":
            made.room.enter(call)
        assert len(made.told.events) == 1
        made.clock.go_on(61)
        made.room.enter("f")

        assert len(made.told.events) == 2

    def test_a_call_that_changes_in_the_midst_is_counted(self) -> None:
        made = Room()
        made.fill()
        made.room.enter("c")
        made.room.agree("c", Codec.G722)

        assert len(made.room) == 3

    def test_a_call_that_has_a_place_keeps_it_when_it_is_offered_anew(self) -> None:
        made = Room()
        made.fill()

        assert made.room.enter("a")[1] == ()
        assert len(made.room) == 2

    def test_there_is_room_again_when_a_call_ends(self) -> None:
        made = Room()
        made.fill()
        made.room.leave("a")

        assert made.room.enter("c")[1] == ()


class TestSettings:
    def test_may_turn_transcoding_off(self) -> None:
        room = Room(MediaSettings(transcoded_calls=0)).room

        assert room.enter("a") == (PLAIN_CODECS, ())
        assert len(room) == 0

    def test_say_which_codecs_and_which_is_preferred(self) -> None:
        settings = MediaSettings(codecs=(Codec.G722, Codec.PCMA))

        assert Room(settings).room.enter("a") == ((Codec.G722, Codec.PCMA), ())


class TestAMachineWithoutLibopus:
    @pytest.fixture(autouse=True)
    def _no_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(libopus, "is_available", lambda: False)

    def test_takes_all_else(self) -> None:
        assert codecs_of(MediaSettings()) == (*PLAIN_CODECS, Codec.G722)

    def test_says_what_to_install_where_opus_is_asked_for(self) -> None:
        with pytest.raises(Mistake) as told:
            codecs_of(MediaSettings(codecs=(Codec.PCMU, Codec.OPUS)))

        assert told.value.found == '"opus", and no libopus.so.0 on this machine'
        assert "apt-get install libopus0" in told.value.do
