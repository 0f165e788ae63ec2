"""G.722: an octet for two samples of 16000 a second; a peer that we did not write hears it too."""

import numpy as np
import pytest
import soxr
from tests.support.likeness import Samples, melody

from umbel.media import g722
from umbel.media.g711 import Octets
from umbel.media.likeness import best_match


def at(rate: int, samples: Samples) -> Samples:
    """Give what has 8000 samples a second at another *rate*."""
    resampled: Samples = soxr.resample(samples, 8000, rate, quality="HQ")
    return resampled


def encoded(samples: Samples) -> Octets:
    return g722.Encoder().encode(samples)


class TestWhatWasEncoded:
    def test_has_an_octet_for_every_two_samples(self) -> None:
        assert [len(encoded(np.zeros(count, np.int16))) for count in (0, 1, 2, 320)] == [
            0,
            1,
            1,
            160,
        ]

    def test_is_heard_as_it_was(self) -> None:
        """Its filters delay by fractions of a sample, which show where there are eight times more."""
        words = melody(1.0)
        heard = g722.Decoder().decode(encoded(at(16000, words)).tobytes())

        match = best_match(at(64000, words)[:-400], at(64000, heard))
        assert match.likeness > 0.95
        assert 0 < match.at < 64

    def test_has_no_seam_where_it_is_encoded_in_parts(self) -> None:
        long = at(16000, melody(3.0))
        encoder = g722.Encoder()
        parts = [encoder.encode(long[start : start + 1234]) for start in range(0, 48000, 1234)]

        assert (np.concatenate(parts) == encoded(long)).all()

    def test_is_decoded_packet_by_packet_as_in_one(self) -> None:
        octets = encoded(at(16000, melody(1.0))).tobytes()
        decoder = g722.Decoder()
        packets = [
            decoder.decode(octets[start : start + 160]) for start in range(0, len(octets), 160)
        ]

        assert (np.concatenate(packets) == g722.Decoder().decode(octets)).all()


class TestSilence:
    def test_is_heard_as_nothing(self) -> None:
        assert not g722.Decoder().decode(bytes([g722.SILENCE]) * 8000).any()

    @pytest.mark.parametrize("seed", range(4))
    def test_comes_soon_after_whatever_was_said(self, seed: int) -> None:
        decoder = g722.Decoder()
        decoder.decode(encoded(at(16000, melody(1.0, seed=seed))).tobytes())
        after = decoder.decode(bytes([g722.SILENCE]) * 480)

        assert np.abs(after[320:].astype(int)).max() < 100

    def test_stands_where_a_packet_was_lost(self) -> None:
        decoder = g722.Decoder()

        assert not decoder.conceal(160).any()
        assert not decoder.recover(b"\x12" * 160, 320).any()
        assert len(decoder.recover(b"", 320)) == 320
