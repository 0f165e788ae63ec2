"""G.711 against what the standard says of its levels, not against another implementation."""

import numpy as np
import pytest

from umbel.media import g711
from umbel.media.session import PLAIN_CODECS, Codec

EVERY_SAMPLE = np.arange(-32768, 32768).astype(np.int16)
both = pytest.mark.parametrize("codec", PLAIN_CODECS)


class TestBothLaws:
    @both
    def test_a_level_survives_being_encoded(self, codec: Codec) -> None:
        levels = g711.DECODING[codec]

        assert np.array_equal(g711.decode(codec, g711.encode(codec, levels)), levels)

    @both
    def test_louder_is_never_encoded_as_quieter(self, codec: Codec) -> None:
        heard = g711.decode(codec, g711.encode(codec, EVERY_SAMPLE)).astype(int)

        assert (np.diff(heard) >= 0).all()

    @both
    def test_the_error_is_at_most_half_a_step_of_the_level(self, codec: Codec) -> None:
        within = EVERY_SAMPLE[abs(EVERY_SAMPLE.astype(int)) < 32256]
        heard = g711.decode(codec, g711.encode(codec, within)).astype(int)
        step = np.maximum(16, 2.0 ** np.ceil(np.log2(abs(heard) + 1) - 5) * 2)

        assert (abs(heard - within) <= step / 2).all()

    @both
    def test_noise_stays_33_decibels_below_a_tone(self, codec: Codec) -> None:
        """G.711 owes its fame to this: at any usual loudness."""
        for amplitude in (500, 4000, 30000):
            tone = np.rint(amplitude * np.sin(np.arange(8000) * 0.8)).astype(np.int16)
            error = g711.decode(codec, g711.encode(codec, tone)).astype(float) - tone

            assert np.mean(tone.astype(float) ** 2) / np.mean(error**2) > 10**3.3

    @both
    def test_octets_and_arrays_decode_alike(self, codec: Codec) -> None:
        octets = bytes(range(256))

        assert np.array_equal(
            g711.decode(codec, octets), g711.decode(codec, np.frombuffer(octets, np.uint8))
        )

    @both
    def test_its_tables_cannot_be_written_to(self, codec: Codec) -> None:
        with pytest.raises(ValueError, match="read-only"):
            g711.DECODING[codec][0] = 1
        with pytest.raises(ValueError, match="read-only"):
            g711.ENCODING[codec][0] = 1

    @both
    def test_many_calls_are_encoded_at_once(self, codec: Codec) -> None:
        calls = np.arange(-480, 480, dtype=np.int16).reshape(6, 160)

        assert g711.encode(codec, calls).shape == (6, 160)
        assert g711.decode(codec, g711.encode(codec, calls)).shape == (6, 160)


class TestMuLaw:
    @pytest.mark.parametrize(
        ("octet", "sample"),
        [(0xFF, 0), (0x7F, 0), (0xFE, 8), (0x7E, -8), (0x80, 32124), (0x00, -32124), (0xEF, 132)],
    )
    def test_these_levels_stand_in_the_standard(self, octet: int, sample: int) -> None:
        assert g711.decode(Codec.PCMU, bytes((octet,)))[0] == sample

    def test_its_silence_is_all_ones(self) -> None:
        assert g711.SILENCE[Codec.PCMU] == 0xFF

    def test_the_loudest_sample_of_either_sign_is_clipped(self) -> None:
        loudest = np.array([32767, -32768], dtype=np.int16)

        assert g711.encode(Codec.PCMU, loudest).tolist() == [0x80, 0x00]


class TestALaw:
    @pytest.mark.parametrize(
        ("octet", "sample"),
        [(0xD5, 8), (0x55, -8), (0xD4, 24), (0xAA, 32256), (0x2A, -32256), (0xC5, 264)],
    )
    def test_these_levels_stand_in_the_standard(self, octet: int, sample: int) -> None:
        assert g711.decode(Codec.PCMA, bytes((octet,)))[0] == sample

    def test_its_silence_is_the_smallest_positive_level(self) -> None:
        assert g711.SILENCE[Codec.PCMA] == 0xD5
