import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable

from umbel.media.comfort_noise import ComfortNoise
from umbel.media.rtp import MalformedPacket


class TestComfortNoise:
    @repeatable
    @given(st.builds(ComfortNoise, level=st.integers(0, 127), spectrum=st.binary(max_size=12)))
    def test_comes_back_as_it_was_built(self, noise: ComfortNoise) -> None:
        assert ComfortNoise.parse(bytes(noise)) == noise

    def test_ignores_the_reserved_bit(self) -> None:
        assert ComfortNoise.parse(b"\xc0").level == 64

    def test_halves_with_each_six_decibels(self) -> None:
        assert ComfortNoise(level=6).amplitude == pytest.approx(32767 / 2, rel=0.01)

    def test_needs_a_level(self) -> None:
        with pytest.raises(MalformedPacket, match="expected the noise level"):
            ComfortNoise.parse(b"")
