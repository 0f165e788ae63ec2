"""The administrator's recordings, found by name and checked."""

import itertools
import os
from pathlib import Path

import numpy as np
import pytest

from umbel.backends.recordings_folder import FRESH, RecordingsFolder
from umbel.core.errors import Mistake
from umbel.media import wav

SOUND = wav.write(wav.Sound(rate=8000, samples=np.arange(800, dtype=np.int16)))


class TestAFolderOfRecordings:
    def test_finds_a_file_in_a_folder_of_it(self, tmp_path: Path) -> None:
        file = tmp_path / "en-US" / "welcome.wav"
        file.parent.mkdir()
        file.write_bytes(SOUND)

        assert RecordingsFolder(tmp_path).find("en-US/welcome.wav") == file

    def test_finds_nothing_where_nothing_is(self, tmp_path: Path) -> None:
        assert RecordingsFolder(tmp_path).find("welcome.wav") is None
        assert RecordingsFolder(None).find("welcome.wav") is None

    def test_is_not_left(self, tmp_path: Path) -> None:
        """Names come from the configuration, which others than the machine's owner may write."""
        (tmp_path / "secret.wav").write_bytes(SOUND)
        (tmp_path / "prompts").mkdir()
        (tmp_path / "prompts" / "link.wav").symlink_to(tmp_path / "secret.wav")
        folder = RecordingsFolder(tmp_path / "prompts")

        assert folder.find("../secret.wav") is None
        assert folder.find(str(tmp_path / "secret.wav")) is None
        assert folder.find("link.wav") is None

    @pytest.mark.parametrize(
        ("content", "found"),
        [(b"ID3 music", "ID3 music"), (b"", "b''"), (SOUND[:44], "no samples")],
    )
    def test_tells_of_a_file_that_cannot_be_played(
        self, tmp_path: Path, content: bytes, found: str
    ) -> None:
        (tmp_path / "welcome.wav").write_bytes(content)

        with pytest.raises(Mistake, match=r"^welcome.wav: found .*" + found):
            RecordingsFolder(tmp_path).find("welcome.wav")

    def test_reads_a_file_once_and_again_when_it_changed(self, tmp_path: Path) -> None:
        file = tmp_path / "welcome.wav"
        file.write_bytes(SOUND)
        os.utime(file, ns=(1, 1))
        seconds = itertools.count(step=FRESH)
        folder = RecordingsFolder(tmp_path, now=lambda: next(seconds))
        folder.find("welcome.wav")

        file.write_bytes(b"x" * len(SOUND))
        os.utime(file, ns=(1, 1))
        assert folder.find("welcome.wav") == file  # The same time and size: it was not read.

        os.utime(file, ns=(2, 2))
        with pytest.raises(Mistake):
            folder.find("welcome.wav")

    def test_looks_once_in_a_second(self, tmp_path: Path) -> None:
        now = 0.0
        folder = RecordingsFolder(tmp_path, now=lambda: now)
        assert folder.find("welcome.wav") is None
        (tmp_path / "welcome.wav").write_bytes(SOUND)
        now = 0.9
        assert folder.find("welcome.wav") is None
        now = 1.0
        assert folder.find("welcome.wav") == tmp_path / "welcome.wav"

    def test_tells_of_a_file_that_must_not_be_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "welcome.wav").write_bytes(SOUND)

        def refuse(path: Path) -> bytes:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(Path, "read_bytes", refuse)  # Tests may run as root, who may read all.

        with pytest.raises(Mistake, match="found Permission denied"):
            RecordingsFolder(tmp_path).find("welcome.wav")
