"""The system's Opus library, as far as we use it."""

import gc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.likeness import melody
from tests.support.opus import WITH_OPUS
from tests.support.repeatable import repeatable

from umbel.core.errors import Misuse
from umbel.media import opus
from umbel.net.media_engine import libopus

pytestmark = WITH_OPUS


def packets(seconds: float = 1.0) -> tuple[bytes, ...]:
    return libopus.Encoder().encode(np.repeat(melody(seconds), 2))


class TestEncoding:
    def test_gives_a_packet_for_each_20_ms_and_one_for_what_is_looked_ahead(self) -> None:
        assert len(packets(1.0)) == 51

    def test_gives_nothing_for_nothing(self) -> None:
        assert libopus.Encoder().encode(np.zeros(0, np.int16)) == ()

    def test_takes_about_the_bits_that_peers_were_promised(self) -> None:
        octets = sum(map(len, packets(4.0)))

        assert octets * 8 / 4.0 == pytest.approx(opus.BITS_PER_SECOND, rel=0.3)


class TestMemory:
    def test_needs_no_collector(self) -> None:
        """The engine collects garbage when it has time, which may be long after."""
        encoder, decoder = libopus.Encoder(), libopus.Decoder()
        speech = np.repeat(melody(0.2), 2)
        encoded = encoder.encode(speech)
        gc.collect()
        gc.disable()
        try:
            for packet in encoded:
                decoder.decode(packet)
                decoder.conceal(160)
            encoder.encode(speech)
            assert gc.collect() == 0
        finally:
            gc.enable()


class TestDecoding:
    def test_gives_8000_samples_a_second(self) -> None:
        decoder = libopus.Decoder()
        heard = [decoder.decode(packet) for packet in packets()]

        assert [len(part) for part in heard if part is not None] == [160] * 51

    def test_makes_up_what_was_lost_of_any_length(self) -> None:
        decoder = libopus.Decoder()
        for packet in packets(0.4):
            decoder.decode(packet)

        for samples in (1, 19, 20, 160, 170, 480):
            assert len(decoder.conceal(samples)) == samples
            assert len(decoder.recover(packets(0.1)[0], samples)) == samples

    @repeatable
    @given(st.lists(st.binary(min_size=1, max_size=200), max_size=5))
    def test_survives_whatever_comes(self, payloads: list[bytes]) -> None:
        decoder = libopus.Decoder()
        for payload in payloads:
            heard = decoder.decode(payload)
            assert heard is None or 0 < len(heard) <= 960
            assert len(decoder.recover(payload, 160)) == 160


class TestAMachineWithoutIt:
    def test_makes_no_coder(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(libopus, "_LIBRARY", None)

        assert not libopus.is_available()
        with pytest.raises(Misuse, match=r"libopus\.so\.0 is not on this machine"):
            libopus.Decoder()
        with pytest.raises(Misuse):
            libopus.Encoder()
