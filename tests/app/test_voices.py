"""Callers hear the language that was configured, or are told of in the one that there is."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.support.memory_store import MemoryStore
from tests.support.told import Told

from umbel.app.settings import NodeSettings, PromptSettings, Settings, StoreSettings
from umbel.app.voices import DEFAULT_LANGUAGE, Voices, read_zone
from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Mistake
from umbel.media.engine import Clip
from umbel.speech.phrase import Phrase

EVENING = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)


class Booth:
    """The voices of a node in its own folder."""

    def __init__(self, home: Path, **prompts: str) -> None:
        self.told = Told()
        self.voices = Voices(
            Settings(
                node=NodeSettings(name="node01.umbel.test"),
                store=StoreSettings(audio=str(home / "audio")),
                prompts=PromptSettings(**prompts),
            ),
            audio=MemoryStore().audio,
            events=self.told,
            wall=lambda: EVENING,
        )

    def says(self, phrase: Phrase, language: str = DEFAULT_LANGUAGE) -> str:
        return self.voices.of(language).caption((phrase,))


class TestALanguage:
    def test_is_read_once(self, tmp_path: Path) -> None:
        booth = Booth(tmp_path)

        assert booth.voices.of(DEFAULT_LANGUAGE) is booth.voices.of(DEFAULT_LANGUAGE)

    def test_that_there_is_not_is_told_once_and_replaced(self, tmp_path: Path) -> None:
        booth = Booth(tmp_path)
        for _call in range(3):
            assert booth.says(Phrase("goodbye"), "xx-XX") == "Goodbye."

        assert booth.told.kinds == [catalogue.LANGUAGE_MISSING]
        assert "xx-XX" in booth.told.sentences[0]

    async def test_is_played_from_the_package(self, tmp_path: Path) -> None:
        voice = Booth(tmp_path).voices.of(DEFAULT_LANGUAGE)
        (clip,) = await voice.playables((Phrase("goodbye"),))

        assert isinstance(clip, Clip)
        assert Path(clip.path).is_file()


class TestTheAdministratorsRecordings:
    def test_need_a_folder_that_is_there(self, tmp_path: Path) -> None:
        with pytest.raises(Mistake, match=r"prompts, folder: found no folder .*/prompts") as told:
            Booth(tmp_path, folder=str(tmp_path / "prompts"))

        assert f"mkdir -p {tmp_path}/prompts" in told.value.do

    async def test_replace_those_of_the_package(self, tmp_path: Path) -> None:
        package, own = Booth(tmp_path), tmp_path / "prompts"
        (clip,) = await package.voices.of(DEFAULT_LANGUAGE).playables((Phrase("goodbye"),))
        assert isinstance(clip, Clip)
        mine = own / DEFAULT_LANGUAGE / Path(clip.path).parent.name / Path(clip.path).name
        mine.parent.mkdir(parents=True)
        shutil.copy(clip.path, mine)
        voice = Booth(tmp_path, folder=str(own)).voices.of(DEFAULT_LANGUAGE)

        assert await voice.playables((Phrase("goodbye"),)) == (Clip(str(mine)),)


class TestTheTimeOfDay:
    def test_is_said_as_clocks_show_it_there(self, tmp_path: Path) -> None:
        booth = Booth(tmp_path, time_zone="Europe/Vienna")
        received = Phrase("envelope-unknown", {"time": EVENING - timedelta(hours=1)})

        assert "11:30 PM" in booth.says(received)

    def test_has_a_zone_by_name(self) -> None:
        assert read_zone("Europe/Vienna") == ZoneInfo("Europe/Vienna")

    def test_is_the_machines_own_without_one(self) -> None:
        assert read_zone("") is None

    @pytest.mark.parametrize("name", ["Vienna", "../etc/passwd"])
    def test_needs_a_zone_that_there_is(self, name: str) -> None:
        with pytest.raises(Mistake, match="a time zone such as Europe/Vienna"):
            read_zone(name)
