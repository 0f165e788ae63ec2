"""DER: what is read, and what is refused with its place."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umbel.identity.der import (
    OCTET_STRING,
    SEQUENCE,
    MalformedDer,
    elements,
    object_identifier,
    only_element,
)


def written(tag: int, content: bytes) -> bytes:
    """Write one element."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(octets)]) + octets + content


class TestElements:
    @given(st.lists(st.binary(max_size=300), max_size=5))
    def test_come_back_as_they_were_written(self, contents: list[bytes]) -> None:
        octets = b"".join(written(OCTET_STRING, content) for content in contents)

        found = list(elements(octets))

        assert [one.content for one in found] == contents
        assert b"".join(one.encoded for one in found) == octets

    @given(st.binary(max_size=60))
    def test_of_any_bytes_are_read_or_refused_in_words(self, octets: bytes) -> None:
        """A certificate comes from a stranger: no byte of it may raise anything else."""
        with suppress(MalformedDer):
            assert b"".join(one.encoded for one in elements(octets)) == octets

    @pytest.mark.parametrize(
        ("octets", "complaint"),
        [
            (b"\x1f\x81\x00\x00", "byte 0: a tag of several octets"),
            (b"\x04", "byte 0: a tag without a length"),
            (b"\x04\x00\x04\x05abc", "byte 2: 5 octets are announced, fewer follow"),
            (b"\x30\x80\x00\x00", "byte 1: a length that DER does not have"),
            (b"\x04\x85\x01\x00\x00\x00\x00", "byte 1: a length that DER does not have"),
            (b"\x04\x82\x01", "byte 1: a length that DER does not have"),
            (b"\x04\x81\x05abcde", "byte 1: a length that is not written in its shortest form"),
            (b"\x04\x82\x00\x80" + bytes(128), "byte 1: a length that is not written in its"),
        ],
    )
    def test_that_are_malformed_are_refused_at_their_place(
        self, octets: bytes, complaint: str
    ) -> None:
        with pytest.raises(MalformedDer) as caught:
            list(elements(octets))

        assert str(caught.value).startswith(complaint)


class TestOnlyElement:
    def test_is_given_with_its_parts(self) -> None:
        whole = only_element(written(SEQUENCE, written(OCTET_STRING, b"a") * 2), SEQUENCE)

        assert [part.content for part in whole.parts()] == [b"a", b"a"]

    @pytest.mark.parametrize("octets", [b"", b"\x30\x00\x30\x00"])
    def test_is_refused_where_there_is_none_or_another_after_it(self, octets: bytes) -> None:
        with pytest.raises(MalformedDer, match="elements stand where one belongs"):
            only_element(octets, SEQUENCE)

    def test_is_refused_where_it_is_something_else(self) -> None:
        with pytest.raises(MalformedDer, match="tag 0x04 stands where 0x30 belongs"):
            only_element(b"\x04\x00", SEQUENCE)


class TestObjectIdentifier:
    @pytest.mark.parametrize(
        ("content", "dotted"),
        [
            ("550403", "2.5.4.3"),
            ("2a864886f70d01010b", "1.2.840.113549.1.1.11"),
            ("0992268993f22c640119", "0.9.2342.19200300.100.1.25"),
            ("883703", "2.999.3"),
        ],
    )
    def test_is_written_with_dots(self, content: str, dotted: str) -> None:
        assert object_identifier(bytes.fromhex(content)) == dotted

    @pytest.mark.parametrize("content", [b"", b"\x55\x84"])
    def test_that_ends_too_early_is_refused(self, content: bytes) -> None:
        with pytest.raises(MalformedDer, match="ends too early"):
            object_identifier(content)
