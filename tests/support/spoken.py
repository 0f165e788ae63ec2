"""Speech in bulk: what the synthesisers of a machine read aloud, many voices at once."""

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from umbel.media import wav

Speech = NDArray[np.float32]
"""8000 samples a second, between -1 and 1."""

MINUTE = 480_000

_TONGUES = ("en-us", "en-gb-x-rp", "en-gb-scotland", "de", "fr", "it", "fi", "pl", "cs", "sv")
_THROATS = ("", "+f2", "+f4", "+m2", "+m5", "+m7", "+croak", "+whisper", "+klatt", "+klatt4")
_FLITE = ("slt", "rms", "awb", "kal16")


def words_of(texts: list[Path]) -> list[str]:
    """Give what can be read aloud of some files."""
    text = " ".join(path.read_text("utf-8") for path in texts)
    return re.sub(r"[^A-Za-z0-9 .,'\n]+", " ", text).split()


def minutes(espeak: str, flite: str, words: list[str], count: int) -> Speech:
    """Give *count* rows of a minute, each in another voice, at another pitch and speed."""
    voices = [tongue + throat for throat, tongue in product(_THROATS, _TONGUES)]

    def minute(number: int) -> Speech:
        at = number * 211 % (len(words) - 260)
        text = " ".join(words[at : at + 260])
        # Played at another speed, a voice has the formants of a smaller or larger head.
        head = 0.8 + number * 7 % 11 / 20
        if number % 15 == 0:
            voice = _FLITE[number // 15 % len(_FLITE)]
            return _cut(_read(flite, "-voice", voice, "-o", "/dev/stdout", "-t", text), head)
        voice = voices[number * 37 % len(voices)]
        pitch, speed = str(number * 29 % 100), str(90 + number * 53 % 160)
        return _cut(_read(espeak, "-v", voice, "-p", pitch, "-s", speed, "--stdout", text), head)

    with ThreadPoolExecutor() as pool:
        return np.stack(list(pool.map(minute, range(count))))


def clips(folder: Path) -> Speech:
    """Give all clips of a language one after another."""
    sounds = [wav.read(path.read_bytes(), str(path)) for path in sorted(folder.rglob("*.wav"))]
    return np.concatenate([_at_8000(sound, 1.0) for sound in sounds])


def _read(*command: str) -> wav.Sound:
    return wav.read(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout, command[0])


def _at_8000(sound: wav.Sound, head: float) -> Speech:
    samples = sound.samples.astype(np.float32) / 32768
    return np.asarray(soxr.resample(samples, sound.rate * head, 8000), np.float32)


def _cut(sound: wav.Sound, head: float) -> Speech:
    narrow = _at_8000(sound, head)
    repeated = np.tile(narrow, MINUTE // len(narrow) + 1)[:MINUTE]
    return np.asarray(repeated / np.abs(repeated).max())
