"""Audio that came back is found, and told from other audio."""

import numpy as np
from tests.support.likeness import is_heard, melody

from umbel.media.likeness import Match, best_match, equal_in_pieces


class TestBestMatch:
    def test_finds_audio_where_it_is(self) -> None:
        wanted, heard = melody(1, seed=1), melody(3, seed=2)
        heard[5000:13000] = wanted

        match = best_match(wanted, heard)

        assert (match.at, round(match.likeness, 6), match.equal) == (5000, 1.0, 1.0)

    def test_is_not_misled_by_louder_audio(self) -> None:
        wanted, heard = melody(1, seed=1) // 8, melody(3, seed=2)
        heard[5000:13000] = wanted

        assert best_match(wanted, heard).at == 5000

    def test_tells_the_same_shape_from_the_same_samples(self) -> None:
        wanted = melody(1)

        match = best_match(wanted, (wanted // 2).astype(np.int16))

        assert match.likeness > 0.999
        assert match.equal < 0.2

    def test_piece_by_piece_forgives_a_late_packet_and_nothing_else(self) -> None:
        wanted = melody(2, seed=1)
        late = np.concatenate([wanted[:7000], np.zeros(160, np.int16), wanted[7000:]])

        assert best_match(wanted, late).equal < 0.7
        assert equal_in_pieces(wanted, late) > 0.8
        assert equal_in_pieces(wanted, melody(3, seed=2)) < 0.2
        assert equal_in_pieces(wanted[:900], wanted) == 1.0

    def test_does_not_find_what_is_not_there(self) -> None:
        assert not is_heard(melody(1, seed=1), melody(3, seed=2))

    def test_finds_nothing_in_too_little_and_nothing_in_silence(self) -> None:
        nothing = Match(at=0, likeness=0.0, equal=0.0)

        assert best_match(melody(1), melody(0.5)) == nothing
        assert best_match(melody(1)[:0], melody(1)) == nothing
        assert best_match(melody(1), np.zeros(9000, np.int16)).likeness == 0.0
