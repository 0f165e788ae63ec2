"""What is played, taken packet by packet from wherever it lies in memory."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from umbel.media.comfort_noise import ComfortNoise
from umbel.media.engine import Play
from umbel.media.session import Codec
from umbel.net.media_engine.encoding import SILENCE
from umbel.net.media_engine.players import Players
from umbel.net.media_engine.playing import Playing, Tape

lengths = st.lists(st.integers(0, 700), max_size=6)
"""Samples of the pieces of a tape."""
packets = st.lists(st.sampled_from((160, 320, 480)), max_size=12)
"""Samples of the packets that are sent, one after another."""
law = st.sampled_from((Codec.PCMU, Codec.PCMA))


def playing_of(pieces: list[int], codec: Codec, since: int = 0) -> tuple[Playing, bytes]:
    """Give a play that begins at a sample, and all that its tape holds."""
    tape = np.random.default_rng(sum(pieces)).integers(0, 256, sum(pieces), np.uint8)
    cuts = np.cumsum(pieces)[:-1].tolist() if pieces else []
    command = Play(session="a", play=1, items=(), since=since / 8000)
    playing = Playing(command, codec)
    playing.load(Tape(np.split(tape, cuts) if pieces else []))
    return playing, tape.tobytes()


class TestAPlay:
    @given(lengths, packets, law, st.integers(0, 900))
    def test_is_sent_to_its_end_and_then_is_silence(
        self, pieces: list[int], packets: list[int], codec: Codec, since: int
    ) -> None:
        players, rows = Players(2), np.array([1], np.intp)
        playing, tape = playing_of(pieces, codec, since)
        players.listen(1, codec)
        players.begin(1, playing)

        sent, was_told = b"", False
        for samples in packets:
            places, finished = players.take(rows, samples)
            sent += players.audio(places, samples).tobytes()
            was_told = was_told or finished == [1]
        rest = tape[since:]
        silence = bytes([SILENCE[codec]]) * len(sent)
        assert sent == (rest + silence)[: len(sent)]
        assert was_told == (sum(packets) >= len(rest) and bool(packets))

    @given(lengths, packets, law)
    def test_that_is_stopped_stands_where_the_last_packet_ended(
        self, pieces: list[int], packets: list[int], codec: Codec
    ) -> None:
        players, rows = Players(1), np.array([0], np.intp)
        playing, tape = playing_of(pieces, codec)
        players.begin(0, playing)
        for samples in packets:
            players.take(rows, samples)
        players.stop(0)

        assert playing.position == min(sum(packets), len(tape))
        assert not players.are_playing(rows)[0]


class TestAllTogether:
    @given(st.lists(lengths, min_size=1, max_size=5), packets)
    def test_each_hears_its_own(self, tapes: list[list[int]], packets: list[int]) -> None:
        players, rows = Players(len(tapes) + 1), np.arange(len(tapes) + 1)
        made = [playing_of(pieces, Codec.PCMU) for pieces in tapes]
        for row, (playing, _) in enumerate(made):
            players.begin(row, playing)
        heard = [b""] * len(rows)
        for samples in packets:
            places, _ = players.take(rows, samples)
            for row, audio in enumerate(players.audio(places, samples)):
                heard[row] += audio.tobytes()

        for each, (_, tape) in zip(heard, [*made, (None, b"")], strict=True):
            assert each == tape[: len(each)].ljust(len(each), bytes([SILENCE[Codec.PCMU]]))


def test_comfort_noise_lies_ready() -> None:
    players = Players(3)
    places, octets = players.noise(np.array([0, 2], np.intp))
    assert ComfortNoise.parse(players.audio(places, octets)[1].tobytes()) == ComfortNoise(level=75)
