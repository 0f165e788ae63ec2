"""Tags made in C are those that hashlib makes, and without the library hashlib makes them."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umbel.media.session import SrtpKey, SrtpSuite
from umbel.media.srtp_keys import SessionKeys, rtp_keys
from umbel.media.srtp_keystreams import Octets
from umbel.media.srtp_tags import HashedTags, MakeTags
from umbel.net.media_engine import native_tags
from umbel.net.media_engine.native_tags import NativeTags, make_tags

SOURCE = Path(native_tags.__file__).with_name("srtp_tags.c")
ROWS = 5


@pytest.fixture(scope="module", params=["", "-DUMBEL_PLAIN"], ids=["as it is", "plain"])
def made_in_c(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> MakeTags:
    """Build the library; the second time without the instructions that a processor has for it."""
    if shutil.which("cc") is None:
        pytest.skip("to build it: apt-get install gcc libc6-dev")
    library = tmp_path_factory.mktemp("tags") / "tags.so"
    flags = ["-O3", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    flags += [request.param] if request.param else []
    subprocess.run(["cc", *flags, "-o", library, SOURCE], check=True)
    make = make_tags(library)
    assert make is not HashedTags
    return make


def keys_of(seed: int) -> list[SessionKeys]:
    octets = np.random.default_rng(seed).bytes(30 * ROWS)
    suite = SrtpSuite.AES_CM_128_HMAC_SHA1_80
    masters = (octets[start : start + 30] for start in range(0, len(octets), 30))
    return [rtp_keys(SrtpKey(suite=suite, master=master)) for master in masters]


def texts(seed: int, count: int, size: int) -> Octets:
    return np.random.default_rng(seed).integers(0, 256, (count, size)).astype(np.uint8)


class TestTagsMadeInC:
    @given(
        seed=st.integers(0, 1 << 32),
        rows=st.lists(st.integers(0, ROWS - 1), max_size=8),
        size=st.integers(1, 400),
    )
    @settings(deadline=None)
    def test_are_those_of_hashlib(
        self, made_in_c: MakeTags, seed: int, rows: list[int], size: int
    ) -> None:
        tags, measure = made_in_c(ROWS), HashedTags(ROWS)
        for row, keys in enumerate(keys_of(seed)):
            tags.begin(row, keys)
            measure.begin(row, keys)
        which, packets = np.array(rows, np.intp), texts(seed, len(rows), size)

        assert (tags.make(which, packets) == measure.make(which, packets)).all()

    def test_are_of_packets_that_lie_apart_as_well(self, made_in_c: MakeTags) -> None:
        tags, measure = made_in_c(ROWS), HashedTags(ROWS)
        for row, keys in enumerate(keys_of(1)):
            tags.begin(row, keys)
            measure.begin(row, keys)
        which = np.arange(2 * ROWS, dtype=np.intp)[::2] % ROWS
        packets = texts(1, 2 * ROWS, 300)[::2, 7:180]

        assert (tags.make(which, packets) == measure.make(which, packets)).all()

    def test_are_made_with_the_key_that_was_given_last(self, made_in_c: MakeTags) -> None:
        tags, (before, after, *_) = made_in_c(1), keys_of(2)
        which, packets = np.zeros(1, np.intp), texts(2, 1, 176)
        tags.begin(0, before)
        first = tags.make(which, packets)
        tags.begin(0, after)

        assert tags.make(which, packets).tobytes() == after.tag(packets.tobytes())
        assert first.tobytes() == before.tag(packets.tobytes())

    def test_leave_no_key_behind(self, made_in_c: MakeTags) -> None:
        tags = made_in_c(1)
        assert isinstance(tags, NativeTags)
        tags.begin(0, keys_of(3)[0])
        tags.end(0)

        assert not tags._states.any()


class TestALibrary:
    def test_that_was_not_built_is_not_missed(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert make_tags(tmp_path / "none.so") is HashedTags
        assert capsys.readouterr().err == ""

    def test_that_is_none_is_not_used_and_told(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "tags.so").write_bytes(b"\x7fELF and nothing more")

        assert make_tags(tmp_path / "tags.so") is HashedTags
        told = capsys.readouterr().err
        assert f"{tmp_path / 'tags.so'} is not used (" in told
        assert "script/bootstrap" in told

    def test_that_is_another_is_not_used_and_told(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        if shutil.which("cc") is None:
            pytest.skip("to build it: apt-get install gcc libc6-dev")
        source = tmp_path / "wrong.c"
        source.write_text("void umbel_hmac_begin(void) {}\nvoid umbel_hmac_many(void) {}\n")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "w.so", source], check=True)

        assert make_tags(tmp_path / "w.so") is HashedTags
        assert "it does not make the tag of RFC 2202" in capsys.readouterr().err
