"""The ring on disk: what it keeps, what it lets go, and what a crash leaves of it."""

import os
from pathlib import Path

import pytest

from umbel.backends.trace_ring import RingLimits, RingReader, RingWriter, files_of, records_in
from umbel.core.errors import Unavailable

LIMITS = RingLimits(octets=8000, age=3600)
FIRST = b"the first record"


def ring(folder: Path, node: str = "node01.example.org") -> RingWriter:
    return RingWriter(folder, node, LIMITS, FIRST)


def read(folder: Path) -> list[bytes]:
    """Give all records but the first of each file."""
    return [record for _, record in RingReader(folder).read() if record != FIRST]


class TestRing:
    def test_gives_back_what_it_took(self, tmp_path: Path) -> None:
        writer = ring(tmp_path / "ring")
        writer.append([b"one", b"", b"\xf1UT\n"])
        writer.append([b"four"])

        assert read(tmp_path / "ring") == [b"one", b"", b"\xf1UT\n", b"four"]

    def test_begins_each_file_with_the_same_record(self, tmp_path: Path) -> None:
        writer = ring(tmp_path)
        writer.append([b"a" * 990])
        writer.append([b"b" * 990])
        firsts = [records_in(path.read_bytes())[0][0] for path in files_of(tmp_path)]

        assert firsts == [FIRST, FIRST]

    def test_keeps_its_size(self, tmp_path: Path) -> None:
        """The oldest goes, the newest stays, whatever the number of records."""
        writer = ring(tmp_path)
        for number in range(100):
            writer.append([b"%04d" % number * 100])
        kept = read(tmp_path)

        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= LIMITS.octets
        assert kept[-1] == b"0099" * 100
        assert len(kept) >= 10
        assert kept == sorted(kept)

    def test_lets_go_what_is_too_old(self, tmp_path: Path) -> None:
        ring(tmp_path).append([b"old"])
        (path,) = tmp_path.iterdir()
        os.utime(path, (0, 0))
        ring(tmp_path).append([b"new"])

        assert read(tmp_path) == [b"new"]

    def test_goes_on_after_a_restart(self, tmp_path: Path) -> None:
        ring(tmp_path).append([b"before"])
        ring(tmp_path).append([b"after"])

        assert read(tmp_path) == [b"before", b"after"]

    def test_is_shared_by_nodes_of_one_folder(self, tmp_path: Path) -> None:
        one, other = ring(tmp_path), ring(tmp_path, "node02.example.org")
        one.append([b"one"])
        other.append([b"other"])

        assert sorted(read(tmp_path)) == [b"one", b"other"]

    def test_is_for_its_owner_only(self, tmp_path: Path) -> None:
        ring(tmp_path / "ring").append([b"one"])
        (path,) = (tmp_path / "ring").iterdir()

        assert (tmp_path / "ring").stat().st_mode & 0o077 == 0
        assert path.stat().st_mode & 0o077 == 0

    def test_that_cannot_be_written_says_why_and_goes_on_later(self, tmp_path: Path) -> None:
        folder = tmp_path / "ring"
        folder.write_text("a file in its place")
        writer = ring(folder)
        with pytest.raises(Unavailable, match="ring"):
            writer.append([b"lost"])
        folder.unlink()
        writer.append([b"kept"])

        assert read(folder) == [b"kept"]


class TestFullDisk:
    def test_leaves_what_was_whole(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Half of a batch is written, then nothing; what comes later is kept again."""
        writer = ring(tmp_path)
        writer.append([b"before"])
        real = os.write
        room = iter([10])

        def write(file: int, octets: memoryview) -> int:
            for left in room:
                return real(file, octets[:left])
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as full:
            full.setattr(os, "write", write)
            with pytest.raises(Unavailable, match="No space left"):
                writer.append([b"lost" * 10])
        writer.append([b"after"])

        assert read(tmp_path) == [b"before", b"after"]

    def test_leaves_no_file_for_each_attempt(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither where a file could be begun nor where one was there."""

        def write(_file: int, _octets: memoryview) -> int:
            raise OSError(28, "No space left on device")

        writer = ring(tmp_path)
        with monkeypatch.context() as full:
            full.setattr(os, "write", write)
            for _ in range(10):
                with pytest.raises(Unavailable):
                    writer.append([b"lost"])
        writer.append([b"kept"])

        assert len(files_of(tmp_path)) == 1
        assert [record for _, record in RingReader(tmp_path).read()] == [FIRST, b"kept"]

    def test_begins_another_file_where_nothing_can_be_taken_back(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_file: int, _other: object) -> int:
            raise OSError(5, "Input/output error")

        writer = ring(tmp_path)
        writer.append([b"before"])
        with monkeypatch.context() as broken:
            broken.setattr(os, "write", fail)
            broken.setattr(os, "ftruncate", fail)
            with pytest.raises(Unavailable):
                writer.append([b"lost"])
        writer.append([b"after"])

        assert read(tmp_path) == [b"before", b"after"]


class TestTornRecord:
    @pytest.mark.parametrize("left", [1, 4, 11, 12, 15])
    def test_at_the_end_is_passed_over(self, tmp_path: Path, left: int) -> None:
        """As ``kill -9`` may leave it."""
        ring(tmp_path).append([b"whole"])
        (path,) = tmp_path.iterdir()
        whole = path.stat().st_size
        ring_of_one = path.read_bytes()
        path.write_bytes(ring_of_one + ring_of_one[-17:][:left])
        ring(tmp_path).append([b"next"])

        assert read(tmp_path) == [b"whole", b"next"]
        assert whole < path.stat().st_size

    def test_in_the_middle_costs_no_other(self, tmp_path: Path) -> None:
        ring(tmp_path).append([b"first", b"second", b"third"])
        (path,) = tmp_path.iterdir()
        path.write_bytes(path.read_bytes().replace(b"second", b"sexond"))

        assert read(tmp_path) == [b"first", b"third"]

    def test_that_claims_to_be_huge_is_none(self) -> None:
        assert records_in(b"\xf1UT\n" + b"\xff" * 40) == ([], 0)


class TestReaderThatFollows:
    def test_gives_each_record_once(self, tmp_path: Path) -> None:
        writer, reader = ring(tmp_path), RingReader(tmp_path)
        writer.append([b"one"])
        first = [record for _, record in reader.read()]
        writer.append([b"two"])
        second = [record for _, record in reader.read()]

        assert first == [FIRST, b"one"]
        assert second == [b"two"]
        assert list(reader.read()) == []

    def test_takes_a_record_when_it_is_whole(self, tmp_path: Path) -> None:
        writer, reader = ring(tmp_path), RingReader(tmp_path)
        writer.append([b"one", b"two"])
        (path,) = tmp_path.iterdir()
        whole = path.read_bytes()
        path.write_bytes(whole[:-2])
        first = [record for _, record in reader.read()]
        path.write_bytes(whole)

        assert first == [FIRST, b"one"]
        assert [record for _, record in reader.read()] == [b"two"]

    def test_of_no_folder_has_nothing(self, tmp_path: Path) -> None:
        assert list(RingReader(tmp_path / "none").read()) == []

    def test_of_files_that_are_not_readable_says_so(self, tmp_path: Path) -> None:
        (tmp_path / "node01-00000001.trace").mkdir()
        with pytest.raises(Unavailable, match="node01"):
            list(RingReader(tmp_path).read())
