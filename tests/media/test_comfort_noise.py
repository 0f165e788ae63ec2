"""Noise in the pauses of a sender that sends none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable
from tests.support.repeatable_randomness import RepeatableRandomness

from umbel.media.comfort_noise import ComfortNoise, NoiseMaker, noise_from
from umbel.media.g711 import Linear
from umbel.media.rtp import MalformedPacket
from umbel.media.silence import levels

NOISE = noise_from(RepeatableRandomness("comfort").octets(4 * 16000))


def long(frames: int, *told: int | None) -> Linear:
    """Make noise for some rows: each as it was told, ``None`` for nothing told."""
    maker = NoiseMaker(len(told), NOISE)
    for row, level in enumerate(told):
        maker.begin(row)
        if level is not None:
            maker.follow(row, ComfortNoise(level=level))
    made = [maker.make(np.arange(len(told))) for _ in range(frames)]
    return np.concatenate(made, axis=1)


class TestAPayload:
    @repeatable
    @given(st.binary(min_size=1, max_size=30))
    def test_comes_back_as_it_was(self, payload: bytes) -> None:
        assert bytes(ComfortNoise.parse(payload)) == bytes((payload[0] & 0x7F,)) + payload[1:]

    def test_has_level_and_coefficients_where_rfc_3389_draws_them(self) -> None:
        told = ComfortNoise.parse(bytes((54, 127, 254, 0)))

        assert told.level == 54
        assert told.coefficients == pytest.approx((0, 0.99994, -0.99994), abs=1e-5)

    def test_without_an_octet_is_malformed(self) -> None:
        with pytest.raises(MalformedPacket, match="found 0 octets, expected at least 1"):
            ComfortNoise.parse(b"")

    @pytest.mark.parametrize(
        ("level", "octet"), [(6.2, 0), (0.0, 6), (-50.0, 56), (-90.0, 96), (-200.0, 127), (20.0, 0)]
    )
    def test_counts_from_overload_not_from_0_dbm0(self, level: float, octet: int) -> None:
        """RFC 3389 section 3: 0 dBov is 6.18 dBm0 in µ-law."""
        assert bytes(ComfortNoise.of(level)) == bytes((octet,))


class TestTheNoise:
    @pytest.mark.parametrize("level", [30, 50, 60, 70])
    def test_is_as_loud_as_it_was_told(self, level: int) -> None:
        made = long(100, level)

        assert levels(made)[0] == pytest.approx(6.18 - level, abs=0.5)

    def test_is_white(self) -> None:
        spectrum = np.abs(np.fft.rfft(long(100, 30)[0].reshape(-1, 160), axis=1)) ** 2
        bands = spectrum.mean(axis=0)[1:-1]

        assert bands.max() < 4 * bands.min()

    def test_never_repeats_at_once(self) -> None:
        frames = long(60, 30)[0].reshape(60, 160)

        assert len(np.unique(frames, axis=0)) == 60

    def test_is_not_the_same_in_two_calls(self) -> None:
        first, second = long(20, 30, 30).astype(np.float64)

        assert abs(np.corrcoef(first, second)[0, 1]) < 0.1

    def test_is_silence_before_anything_was_told(self) -> None:
        assert not long(3, None).any()

    def test_is_cut_and_does_not_wrap_at_the_loudest_that_can_be_told(self) -> None:
        assert levels(long(5, 0))[0] > 3

    def test_is_told_and_heard_at_one_level(self) -> None:
        made = long(50, 62)

        assert ComfortNoise.of(float(levels(made)[0])).level == pytest.approx(62, abs=1)

    def test_of_a_call_that_is_over_is_not_heard_in_the_next(self) -> None:
        maker = NoiseMaker(1, NOISE)
        maker.follow(0, ComfortNoise(level=30))
        maker.begin(0)

        assert not maker.make(np.array([0])).any()
