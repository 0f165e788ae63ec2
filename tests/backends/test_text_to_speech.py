"""Synthesisers that are programs: run, limited, levelled, kept."""

import asyncio
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.support.prompts import EchoSynthesiser

from umbel.backends.text_to_speech import (
    ESPEAK_NG,
    FLITE,
    LONGEST_TEXT,
    KeptSpeech,
    ProgramSynthesiser,
    SpeechProgram,
    find_synthesiser,
)
from umbel.media import wav
from umbel.speech.levelling import SPEECH_LEVEL, from_linear, speech_level


def script(folder: Path, body: str) -> str:
    """Write a program of the shell that stands in for a synthesiser."""
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def program(*languages: str) -> SpeechProgram:
    """Describe a program that takes the text as its only argument."""
    return SpeechProgram(
        name="program", voice="one", languages=languages, command=lambda text, _: (text,)
    )


def spoken(samples: int = 8000, amplitude: int = 3000) -> bytes:
    """Make a WAV file of a tone."""
    tone = amplitude * np.sin(np.arange(samples) / 5)
    return wav.write(wav.Sound(rate=16000, samples=tone.astype(np.int16)))


class TestAProgram:
    @pytest.fixture
    def said(self, tmp_path: Path) -> Path:
        """Give the file that the program of ``cat`` gives out."""
        path = tmp_path / "said.wav"
        path.write_bytes(spoken())
        return path

    async def test_gives_its_speech_at_the_loudness_of_prompts(
        self, tmp_path: Path, said: Path
    ) -> None:
        synthesiser = ProgramSynthesiser(program(), script(tmp_path, f"cat {said}"))

        given = await synthesiser.speak("Ada", "en-US")

        assert given is not None
        sound = wav.read(given)
        assert sound.rate == 16000
        assert speech_level(from_linear(sound.samples), sound.rate) == pytest.approx(
            SPEECH_LEVEL, abs=0.5
        )

    async def test_gets_a_text_that_is_harmless(self, tmp_path: Path) -> None:
        """Callers choose their display names: no control characters, no endless text."""
        heard = tmp_path / "heard"
        synthesiser = ProgramSynthesiser(program(), script(tmp_path, f'printf %s "$1" >{heard}'))

        await synthesiser.speak("$(reboot)\0\n\x1b[1m " + "a" * 5000, "en-US")

        text = heard.read_text()
        assert text.startswith("$(reboot) [1m aaa")
        assert len(text) == LONGEST_TEXT

    async def test_is_not_run_for_nothing_or_another_language(self, tmp_path: Path) -> None:
        synthesiser = ProgramSynthesiser(program("en"), str(tmp_path / "nowhere"))

        assert await synthesiser.speak(" \n", "en-US") is None
        assert await synthesiser.speak("Ada", "de-DE") is None

    async def test_that_hangs_is_killed(self, tmp_path: Path) -> None:
        number = tmp_path / "number"
        path = script(tmp_path, f"echo $$ >{number}; exec sleep 60")
        synthesiser = ProgramSynthesiser(program(), path, patience=0.5)

        assert await synthesiser.speak("Ada", "en-US") is None
        with pytest.raises(ProcessLookupError):
            os.kill(int(number.read_text()), 0)

    async def test_is_killed_when_the_caller_hangs_up(self, tmp_path: Path) -> None:
        number = tmp_path / "number"
        os.mkfifo(number)
        path = script(tmp_path, f"echo $$ >{number}; exec sleep 60")
        speaking = asyncio.create_task(ProgramSynthesiser(program(), path).speak("Ada", "en-US"))
        running = int(await asyncio.to_thread(number.read_text))

        speaking.cancel()

        with pytest.raises(asyncio.CancelledError):
            await speaking
        with pytest.raises(ProcessLookupError):
            os.kill(running, 0)

    async def test_that_fails_in_the_middle_says_nothing(self, tmp_path: Path, said: Path) -> None:
        path = script(tmp_path, f"cat {said}; exit 1")

        assert await ProgramSynthesiser(program(), path).speak("Ada", "en-US") is None

    @pytest.mark.parametrize("body", ["exit 1", "echo this is no WAV file", "true"])
    async def test_that_fails_says_nothing(self, tmp_path: Path, body: str) -> None:
        assert await ProgramSynthesiser(program(), script(tmp_path, body)).speak("A", "en") is None

    async def test_that_gives_silence_says_nothing(self, tmp_path: Path, said: Path) -> None:
        said.write_bytes(spoken(amplitude=0))
        synthesiser = ProgramSynthesiser(program(), script(tmp_path, f"cat {said}"))

        assert await synthesiser.speak("Ada", "en-US") is None

    async def test_that_is_not_there_says_nothing(self, tmp_path: Path) -> None:
        synthesiser = ProgramSynthesiser(program(), str(tmp_path / "nowhere"))

        assert await synthesiser.speak("Ada", "en-US") is None

    def test_has_a_name_for_its_voice(self) -> None:
        assert ProgramSynthesiser(FLITE, "/flite").voice == "flite slt"
        assert ProgramSynthesiser(ESPEAK_NG, "/espeak-ng").voice == "espeak-ng"


@pytest.mark.peer
class TestTheProgramsOfThisMachine:
    @pytest.mark.parametrize("known", [FLITE, ESPEAK_NG], ids=lambda known: known.name)
    @pytest.mark.parametrize("text", ["Alexander Graham Bell", "-o nothing.wav", "Grüß Gott"])
    async def test_speak(self, known: SpeechProgram, text: str) -> None:
        path = shutil.which(known.name)
        if path is None:
            pytest.skip(f"{known.name} is not installed")

        given = await ProgramSynthesiser(known, path).speak(text, "en-US")

        assert given is not None
        assert 0.4 < wav.read(given).seconds < 4


class TestFindingASynthesiser:
    @pytest.fixture
    def path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Give a folder that alone is searched for programs."""
        monkeypatch.setenv("PATH", str(tmp_path))
        return tmp_path

    def install(self, path: Path, *names: str) -> None:
        """Put programs there."""
        for name in names:
            (path / name).touch(0o755)

    def test_prefers_flite_for_english(self, path: Path) -> None:
        self.install(path, "flite", "espeak-ng")

        found = find_synthesiser("en-US")

        assert found is not None
        assert found.voice == "flite slt"

    def test_takes_espeak_for_what_flite_does_not_speak(self, path: Path) -> None:
        self.install(path, "flite", "espeak-ng")

        found = find_synthesiser("de-DE")

        assert found is not None
        assert found.voice == "espeak-ng"

    def test_finds_nothing_where_there_is_none(self, path: Path) -> None:
        assert find_synthesiser("en-US") is None


class TestKeptSpeech:
    async def test_is_synthesised_once(self, tmp_path: Path) -> None:
        echo = EchoSynthesiser()
        kept = KeptSpeech(echo, tmp_path / "speech")

        first = await kept.spoken("Ada", "en-US")
        again = await KeptSpeech(echo, tmp_path / "speech").spoken("Ada", "en-US")

        assert first == again
        assert first is not None
        assert first.read_bytes() == b"Ada"
        assert echo.asked == [("Ada", "en-US")]

    async def test_of_another_voice_text_or_language_is_another_file(self, tmp_path: Path) -> None:
        files = {
            await KeptSpeech(EchoSynthesiser(voice=voice), tmp_path).spoken(text, language)
            for voice in ("one", "two")
            for text in ("Ada", "Bell")
            for language in ("en-US", "en-GB")
        }

        assert len(files) == 8

    async def test_is_spelled_where_it_cannot_be_kept(self, tmp_path: Path) -> None:
        """A full disk, or a folder that is none, must not end a call."""
        (tmp_path / "speech").write_text("in the way")

        assert await KeptSpeech(EchoSynthesiser(), tmp_path / "speech").spoken("Ada", "x") is None

    async def test_is_not_kept_when_there_is_none(self, tmp_path: Path) -> None:
        """A program that fails now may manage later."""
        echo = EchoSynthesiser(mute=True)
        kept = KeptSpeech(echo, tmp_path)

        assert await kept.spoken("Ada", "en-US") is None
        echo.mute = False
        assert await kept.spoken("Ada", "en-US") is not None

    async def test_leaves_no_part_of_a_file_behind(self, tmp_path: Path) -> None:
        await KeptSpeech(EchoSynthesiser(), tmp_path).spoken("Ada", "en-US")

        assert [path.suffix for path in tmp_path.iterdir()] == [".wav"]

    async def test_forgets_what_was_not_used_for_longest(self, tmp_path: Path) -> None:
        """Callers name themselves: what is kept has to have an end."""
        kept = KeptSpeech(EchoSynthesiser(), tmp_path, most=2)
        for age, text in ((30, "Ada"), (20, "Bell")):
            file = await kept.spoken(text, "en-US")
            assert file is not None
            os.utime(file, (age, 1_000_000 - age))
        await kept.spoken("Ada", "en-US")

        await kept.spoken("Gray", "en-US")

        assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"Ada", b"Gray"}
