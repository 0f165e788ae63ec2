"""Finding a session description (RFC 3261 section 8.2.3, RFC 5621)."""

import pytest
from tests.support.sip_messages import a_request

from umbel.sip.errors import UnsupportedMediaType
from umbel.ua.bodies import session_description

SDP = b"v=0\r\n"


def found(content_type: str | None, body: bytes, *fields: tuple[str, str]) -> bytes | None:
    typed = () if content_type is None else (("Content-Type", content_type),)
    return session_description(a_request("INVITE", fields=(*typed, *fields), body=body))


class TestSessionDescription:
    def test_is_nothing_without_a_body(self) -> None:
        assert found("application/sdp", b"") is None

    @pytest.mark.parametrize("content_type", ["application/sdp", "Application/SDP;x=y", None])
    def test_is_the_whole_body(self, content_type: str | None) -> None:
        assert found(content_type, SDP) == SDP

    @pytest.mark.parametrize(
        ("content_type", "body"),
        [
            (
                'multipart/mixed; boundary="a b"',
                b"preamble\r\n--a b\r\ncontent-type: application/sdp\r\n\r\nv=0\r\n\r\n--a b--\r\n",
            ),
            (
                'multipart/mixed; boundary="\udcff"',
                b"--\xff\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--\xff--\r\n",
            ),
            (
                "multipart/alternative;boundary=x",
                b"--x\r\nContent-ID: 1\r\n\r\nno type\r\n"
                b"--x\r\nX: y\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n"
                b"--x\r\nContent-Type: application/sdp\r\n\r\nv=1\r\n--x--",
            ),
            (
                "multipart/mixed;boundary=x",
                b"--x\r\nContent-Type: multipart/alternative;boundary=y\r\n\r\n"
                b"--y\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--y--\r\n--x--",
            ),
        ],
    )
    def test_is_the_first_part_of_its_kind(self, content_type: str, body: bytes) -> None:
        assert found(content_type, body) == SDP

    @pytest.mark.parametrize(("depth", "expected"), [(4, SDP), (5, None)])
    def test_is_looked_for_only_so_deep(self, depth: int, expected: bytes | None) -> None:
        content_type, body = "application/sdp", SDP
        for level in range(depth):
            head = f"--{level}\r\nContent-Type: {content_type}\r\n\r\n".encode()
            body = head + body + f"\r\n--{level}--".encode()
            content_type = f"multipart/mixed;boundary={level}"

        assert found(content_type, body, ("Content-Disposition", "x;handling=optional")) == expected

    @pytest.mark.parametrize(
        ("content_type", "body"),
        [
            ("text/plain", b"hello"),
            ("multipart/mixed", b"--x\r\n\r\n--x--"),
            ("multipart/mixed;boundary=x", b"--x\r\nContent-Type: text/plain\r\n\r\nhi\r\n--x--"),
        ],
    )
    def test_that_is_missing_is_refused_unless_the_body_is_optional(
        self, content_type: str, body: bytes
    ) -> None:
        with pytest.raises(UnsupportedMediaType):
            found(content_type, body)
        assert found(content_type, body, ("Content-Disposition", "x;handling=optional")) is None
