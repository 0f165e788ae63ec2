"""What is short is read once; what is long is not kept."""

import pytest

from umbel.core.remembering import remembering


class Reading:
    """Reads, and notes what."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.known = remembering(most=2, longest=3)(self._read)

    def _read(self, text: str, name: str = "") -> list[str]:
        self.read.append(text)
        if text == "bad":
            raise ValueError(name)
        return [text, name]


def test_what_was_read_lately_is_given_again() -> None:
    reading = Reading()

    assert reading.known("abc", "From") is reading.known("abc", "From")
    assert reading.known("abc", "To") == ["abc", "To"]
    assert reading.read == ["abc", "abc"]


def test_what_is_long_is_read_anew() -> None:
    reading = Reading()

    assert reading.known("abcd") == reading.known("abcd") == ["abcd", ""]
    assert reading.read == ["abcd", "abcd"]


def test_of_more_the_oldest_is_forgotten() -> None:
    reading = Reading()
    for text in ("a", "b", "c", "a"):
        reading.known(text)

    assert reading.read == ["a", "b", "c", "a"]


def test_an_error_is_raised_each_time() -> None:
    reading = Reading()
    for _ in range(2):
        with pytest.raises(ValueError, match="From"):
            reading.known("bad", "From")

    assert reading.read == ["bad", "bad"]


def test_a_reader_keeps_its_name() -> None:
    @remembering(most=1, longest=1)
    def read_something(text: str) -> str:
        """Read it."""
        return text

    assert (read_something.__name__, read_something.__doc__) == ("read_something", "Read it.")
