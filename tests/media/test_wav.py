import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable

from umbel.core.errors import Mistake
from umbel.media import wav


def made(tag: int, bits: int, data: bytes, *, channels: int = 1, rate: int = 8000) -> bytes:
    """Make a WAV file of any encoding."""
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * frame, frame, bits)
    return riff((b"fmt ", form), (b"data", data))


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """Put chunks together, each at an even place."""
    body = b"WAVE" + b"".join(
        name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def samples(data: bytes) -> list[int]:
    return [int(sample) for sample in wav.read(data).samples]


PCM_FORMAT = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)


class TestWriting:
    @repeatable
    @given(st.lists(st.integers(-32768, 32767), max_size=50), st.sampled_from([8000, 16000]))
    def test_is_what_reading_gives_back(self, values: list[int], rate: int) -> None:
        sound = wav.Sound(rate=rate, samples=np.array(values, dtype=np.int16))
        again = wav.read(wav.write(sound))

        assert (again.rate, again.samples.tolist()) == (rate, values)

    def test_is_exact_to_the_octet(self) -> None:
        sound = wav.Sound(rate=16000, samples=np.array([1, -2], dtype=np.int16))

        assert wav.write(sound) == (
            b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\x3e\0\0\0\x7d\0\0\2\0\x10\0"
            b"data\4\0\0\0\1\0\xfe\xff"
        )

    def test_goes_on_when_sizes_no_longer_fit(self) -> None:
        assert wav.header(1 << 40, 8000)[-4:] == struct.pack("<I", 0xFFFF_FFFF - 44)

    def test_knows_how_long_it_is(self) -> None:
        sound = wav.Sound(rate=8000, samples=np.zeros(12000, dtype=np.int16))

        assert sound.seconds == 1.5


class TestReading:
    def test_takes_16_bits(self) -> None:
        assert samples(made(1, 16, struct.pack("<3h", 1, -1, 32767))) == [1, -1, 32767]

    def test_takes_8_bits_which_have_no_sign(self) -> None:
        assert samples(made(1, 8, bytes((0, 128, 255)))) == [-32768, 0, 32512]

    def test_takes_the_upper_part_of_24_bits(self) -> None:
        assert samples(made(1, 24, b"\xff\x01\x00\x00\xff\xff")) == [1, -1]

    def test_takes_the_upper_part_of_32_bits(self) -> None:
        assert samples(made(1, 32, struct.pack("<2i", 1 << 16, -(1 << 30)))) == [1, -16384]

    def test_takes_12_bits_that_are_kept_in_two_octets(self) -> None:
        assert samples(made(1, 12, struct.pack("<h", 16))) == [16]

    def test_takes_floating_point_and_clips_it(self) -> None:
        data = struct.pack("<5f", 0.5, -2.0, 2.0, float("nan"), float("inf"))

        assert samples(made(3, 32, data)) == [16384, -32768, 32767, 0, 32767]

    def test_takes_both_laws_of_g711(self) -> None:
        assert samples(made(7, 8, b"\xff\x80")) == [0, 32124]
        assert samples(made(6, 8, b"\xd5\xaa")) == [8, 32256]

    def test_takes_the_extensible_format(self) -> None:
        form = struct.pack("<HHIIHHHHIH", 0xFFFE, 1, 8000, 16000, 2, 16, 22, 16, 4, 1) + bytes(14)

        assert samples(riff((b"fmt ", form), (b"data", b"\5\0"))) == [5]

    def test_mixes_channels(self) -> None:
        data = struct.pack("<5h", 100, 200, -32768, -32768, 7)

        assert samples(made(1, 16, data, channels=2)) == [150, -32768]

    def test_steps_over_chunks_that_it_does_not_know(self) -> None:
        data = riff((b"LIST", b"odd"), (b"fmt ", PCM_FORMAT), (b"fact", b""), (b"data", b"\5\0"))

        assert samples(data) == [5]

    @pytest.mark.parametrize("size", [b"\0\1\0\0", b"\xff\xff\xff\xff"])
    def test_takes_what_is_there_of_a_file_that_was_cut_off(self, size: bytes) -> None:
        whole = wav.write(wav.Sound(rate=8000, samples=np.array([1, 2, 3], dtype=np.int16)))

        assert samples(whole[:40] + size + whole[44:-1]) == [1, 2]


class TestWhatCannotBeRead:
    @pytest.mark.parametrize(
        ("data", "found"),
        [
            (b"", "found b''"),
            (b"ID3\4 an mp3 by another name", "found b'ID3"),
            (b"RIFX\0\0\0\0WAVE", "found RIFX"),
            (riff(), "found no fmt chunk before the data"),
            (riff((b"data", b"\0\0")), "found no fmt chunk before the data"),
            (riff((b"fmt ", PCM_FORMAT)), "found no data chunk"),
            (riff((b"fmt ", b"\1\0")), "found a fmt chunk of 2 octets"),
            (made(1, 16, b"", channels=0), "found 0 channels"),
            (made(1, 16, b"", rate=0), "found 1 channels, 0 samples a second"),
            (made(85, 0, b"mp3"), "found encoding 85 of 0 bits"),
            (made(1, 64, b""), "found encoding 1 of 64 bits"),
        ],
    )
    def test_is_told_with_the_file_and_what_to_do(self, data: bytes, found: str) -> None:
        with pytest.raises(Mistake, match=found) as told:
            wav.read(data, where="greeting.wav")

        assert told.value.where == "greeting.wav"
        assert "sox" in told.value.do
