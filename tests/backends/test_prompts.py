"""What is played for what is said."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from tests.support.memory_store import MemoryAudio
from tests.support.prompts import EchoSynthesiser, RememberedEvents

from umbel.backends.prompts import (
    BEEP,
    PromptLibrary,
    Recordings,
    load_language,
    package_folder,
)
from umbel.backends.text_to_speech import KeptSpeech
from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Mistake
from umbel.mailbox.message import AudioId
from umbel.media import wav
from umbel.media.engine import Clip, Playable, Samples, Silence
from umbel.speech import Beep, FreeText, Language, Name, Phrase, Recorded, Spoken

NOW = datetime(2026, 7, 15, 9, 0, tzinfo=UTC)
CLIPS = package_folder("en-US") / "clips"
SOUND = wav.write(wav.Sound(rate=16000, samples=np.arange(16000, dtype=np.int16)))


def clip(key: str) -> Clip:
    """Give a clip of the package."""
    return Clip(str(CLIPS / f"{key}.wav"))


def spelled(letters: str) -> list[Playable]:
    """Give the clips that spell a word."""
    return [clip(f"letter/{letter}") for letter in letters]


@pytest.fixture(scope="module")
def english() -> Language:
    """Read the package's English."""
    return load_language("en-US")


class Room:
    """A prompt library and everything around it."""

    def __init__(self, english: Language, folder: Path) -> None:
        self.own = folder / "own"
        self.own.mkdir()
        self.audio = MemoryAudio()
        self.events = RememberedEvents()
        self.echo = EchoSynthesiser()
        speech = KeptSpeech(self.echo, folder / "kept")
        self.speaking = Recordings(audio=self.audio, folder=self.own, speech=speech)
        self.spelling = Recordings(audio=self.audio)
        self.english = english

    async def play(self, *spoken: Spoken) -> list[Playable]:
        """Prepare it with a synthesiser at hand."""
        return await PromptLibrary(self.english, self.speaking, self.events).playables(spoken, NOW)

    async def play_without_synthesiser(self, *spoken: Spoken) -> list[Playable]:
        """Prepare it where there is no synthesiser and no folder."""
        return await PromptLibrary(self.english, self.spelling, self.events).playables(spoken, NOW)

    def put(self, name: str, content: bytes = SOUND) -> Clip:
        """Put a file into the administrator's folder."""
        path = self.own / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return Clip(str(path))

    @property
    def told(self) -> list[tuple[str, str]]:
        """List the missing recordings that were told of, and what was said instead."""
        assert all(kind is catalogue.RECORDING_MISSING for kind, _ in self.events.told)
        return [(str(told["recording"]), str(told["instead"])) for _, told in self.events.told]


@pytest.fixture
def room(english: Language, tmp_path: Path) -> Room:
    """Give a room of its own."""
    return Room(english, tmp_path)


class TestAPhrase:
    async def test_is_played_from_the_package(self, room: Room) -> None:
        assert await room.play(Phrase("goodbye"), Beep()) == [
            clip("phrase/goodbye"),
            Silence(0.3),
            BEEP,
        ]

    async def test_is_played_from_the_administrators_folder_first(self, room: Room) -> None:
        own = room.put("en-US/phrase/goodbye.wav")

        assert await room.play(Phrase("goodbye")) == [own]

    async def test_is_the_packages_when_the_administrators_is_broken(self, room: Room) -> None:
        room.put("en-US/phrase/goodbye.wav", b"ID3 music")

        assert await room.play(Phrase("goodbye")) == [clip("phrase/goodbye")]
        assert room.told == [("en-US/phrase/goodbye.wav", "the prompt of the package")]


class TestATextOrName:
    async def test_is_synthesised(self, room: Room) -> None:
        (item,) = await room.play(FreeText("Closed on Mondays."))

        assert isinstance(item, Clip)
        assert Path(item.path).read_bytes() == b"Closed on Mondays."

    async def test_is_spelled_without_a_synthesiser(self, room: Room) -> None:
        assert await room.play_without_synthesiser(Name(text="Ada")) == spelled("ada")

    async def test_is_spelled_when_the_synthesiser_fails(self, room: Room) -> None:
        room.echo.mute = True

        assert await room.play(Name(text="Ada")) == spelled("ada")

    async def test_is_somebody_when_it_cannot_be_spelled(self, room: Room) -> None:
        assert await room.play_without_synthesiser(Name(text="王")) == [clip("word/somebody")]


class TestARecording:
    async def test_is_read_from_the_audio_store(self, room: Room) -> None:
        room.audio.kept[AudioId("a1")] = b"0123" * 8000

        assert await room.play(Recorded(audio="a1", caption="")) == [Samples(b"0123" * 8000)]

    async def test_of_a_quiet_caller_is_played_louder_and_kept_as_it_was(self, room: Room) -> None:
        count = np.arange(32000)
        quiet = (np.sin(count) * np.where(count // 4000 % 2, 200, 4)).astype("<i2")
        room.audio.kept[AudioId("a1")] = quiet.tobytes()
        (whole,) = await room.play(Recorded(audio="a1", caption=""))
        (rest,) = await room.play(Recorded(audio="a1", caption="", since=1.0))

        assert isinstance(whole, Samples)
        assert np.abs(np.frombuffer(whole.linear, "<i2")).max() > 1000
        assert rest == Samples(whole.linear[16000:])
        assert room.audio.kept[AudioId("a1")] == quiet.tobytes()

    async def test_begins_where_it_is_told(self, room: Room) -> None:
        room.audio.kept[AudioId("a1")] = bytes(16000) + b"later"

        assert await room.play(Recorded(audio="a1", caption="", since=1.0)) == [Samples(b"later")]

    async def test_is_a_file_of_the_administrator_when_it_is_named_like_one(
        self, room: Room
    ) -> None:
        own = room.put("directions.wav")

        assert await room.play(Recorded(audio="directions.wav", caption="")) == [own]

    async def test_of_the_administrator_begins_where_it_is_told(self, room: Room) -> None:
        room.put("directions.wav")

        (item,) = await room.play(Recorded(audio="directions.wav", caption="", since=0.25))

        assert isinstance(item, Samples)
        assert len(item.linear) == pytest.approx(0.75 * 16000, abs=4)

    @pytest.mark.parametrize("audio", ["a1", "directions.wav"])
    async def test_that_is_missing_is_told_of_and_its_caption_spoken(
        self, room: Room, audio: str
    ) -> None:
        (item,) = await room.play(Recorded(audio=audio, caption="How to find us"))

        assert isinstance(item, Clip)
        assert Path(item.path).read_bytes() == b"How to find us"
        assert room.told == [(audio, "How to find us")]

    async def test_of_a_name_that_is_missing_leaves_the_name(self, room: Room) -> None:
        name = Name(text="Ada", recording="gone")

        assert await room.play_without_synthesiser(name) == spelled("ada")
        assert room.told == [("gone", "Ada")]


class TestACaption:
    def test_has_everything_in_a_row(self, room: Room) -> None:
        library = PromptLibrary(room.english, room.spelling, room.events)

        text = library.caption([Phrase("new-messages", {"count": 3}), Phrase("goodbye")], NOW)

        assert text == "You have 3 new messages. Goodbye."
        assert library.language.tag == "en-US"


class TestALanguage:
    @pytest.mark.parametrize("tag", ["tlh", "", ".."])
    def test_that_umbel_does_not_speak_is_a_mistake(self, tag: str) -> None:
        with pytest.raises(Mistake, match=r"expected a language that Umbel speaks \(en-US\)"):
            load_language(tag)
