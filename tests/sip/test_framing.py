"""Finding messages in a stream, however it is cut."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umbel.core.errors import PeerError
from umbel.sip.errors import MalformedMessage, MessageTooLarge, MissingHeader
from umbel.sip.framing import Ping, StreamFramer
from umbel.sip.limits import Limits


def message(body: bytes = b"", length: str = "Content-Length: {}", name: str = "OPTIONS") -> bytes:
    """Build a message that is just enough for framing."""
    head = f"{name} sip:a SIP/2.0\r\nTo: b\r\n{length.format(len(body))}\r\nFrom: c\r\n\r\n"
    return head.encode() + body


FIRST, SECOND = message(b"v=0\r\n\r\nINVITE", name="INVITE"), message()


class TestMessages:
    def test_that_come_whole_are_given(self) -> None:
        framer = StreamFramer()

        assert framer.feed(FIRST) == [FIRST]
        assert framer.feed(SECOND + FIRST) == [SECOND, FIRST]
        assert not framer.is_mid_message

    def test_that_come_in_pieces_are_awaited(self) -> None:
        framer = StreamFramer()

        assert framer.feed(FIRST[:30]) == []
        assert framer.is_mid_message
        assert framer.rest == FIRST[:30]
        assert framer.feed(FIRST[30:-1]) == []
        assert framer.feed(FIRST[-1:] + SECOND[:1]) == [FIRST]
        assert framer.rest == SECOND[:1]

    @pytest.mark.parametrize(
        "length",
        [
            *("Content-Length: {}", "l: {}", "L:{}", "content-length:{}", "CONTENT-LENGTH : {} "),
            *("Content-Length:\r\n {}", "l:\t00{}", "l: {}\r\n  ", "X: l: 9\r\nl: {}"),
        ],
    )
    def test_have_their_length_however_it_is_written(self, length: str) -> None:
        whole = message(b"body", length)

        assert StreamFramer().feed(whole + SECOND) == [whole, SECOND]

    @given(st.lists(st.sampled_from([FIRST, SECOND, b"\r\n\r\n"]), max_size=6), st.data())
    def test_are_the_same_however_the_stream_is_cut(
        self, items: list[bytes], data: st.DataObject
    ) -> None:
        stream = b"".join(items)
        places = st.lists(st.integers(0, len(stream)), max_size=10)
        cuts = [0, *sorted(data.draw(places)), len(stream)]
        framer = StreamFramer()

        found = [item for start, end in pairwise(cuts) for item in framer.feed(stream[start:end])]

        assert found == [Ping() if item == b"\r\n\r\n" else item for item in items]
        assert not framer.is_mid_message


class TestKeepAlives:
    def test_are_told_from_messages(self) -> None:
        assert StreamFramer().feed(b"\r\n\r\n" + FIRST + b"\r\n\r\n\r\n\r\n") == [
            Ping(),
            FIRST,
            Ping(),
            Ping(),
        ]

    def test_that_are_half_are_no_message(self) -> None:
        framer = StreamFramer()

        for octet in (b"\r", b"\n", b"\r"):
            assert framer.feed(octet) == []
            assert not framer.is_mid_message
        assert framer.feed(b"\n") == [Ping()]

    def test_answers_before_a_message_are_passed_over(self) -> None:
        framer = StreamFramer()

        assert framer.feed(b"\r\n") == []
        assert framer.feed(FIRST + b"\r\n" + SECOND) == [FIRST, SECOND]

    def test_answers_before_half_a_message_are_passed_over(self) -> None:
        framer = StreamFramer()

        assert framer.feed(b"\r\nOPT") == []
        assert framer.is_mid_message
        assert framer.feed(b"IONS" + SECOND[7:]) == [SECOND]


class TestWhatCannotBeFramed:
    @pytest.mark.parametrize(
        ("length", "error"),
        [
            ("X: y", MissingHeader),
            ("Content-Length: x", MalformedMessage),
            ("Content-Length: -1", MalformedMessage),
            ("Content-Length: 1 2", MalformedMessage),
            ("Content-Length: 1\r\n 2", MalformedMessage),
            ("Content-Length:", MalformedMessage),
            ("Content-Length: 0\r\nl: 0", MalformedMessage),
            ("Content-Length: 0\r\nl: x", MalformedMessage),
            ("Content-Length: 1048577", MessageTooLarge),
            ("Content-Length: 99999999999999999999", MalformedMessage),
            ("no colon", MalformedMessage),
        ],
    )
    def test_is_refused(self, length: str, error: type[PeerError]) -> None:
        framer = StreamFramer()

        with pytest.raises(error):
            framer.feed(message(b"", length))

        assert framer.rest == message(b"", length)

    def test_comes_after_what_could(self) -> None:
        framer = StreamFramer()

        assert framer.feed(FIRST + message(b"", "X: y") + SECOND) == [FIRST]
        assert framer.is_mid_message
        for _ in range(2):
            with pytest.raises(MissingHeader):
                framer.feed(b"")

    @pytest.mark.parametrize(
        "make",
        [
            lambda: b"x" * 101,
            lambda: b"OPTIONS sip:a SIP/2.0\r\n" + b"A: b\r\n" * 20 + b"l: 0\r\n\r\n",
            lambda: b"OPTIONS sip:a SIP/2.0\r\n" + b"A: b\r\n" * 9,
        ],
    )
    def test_is_a_head_without_end(self, make: Callable[[], bytes]) -> None:
        framer = StreamFramer(Limits(head=100, fields=8))

        with pytest.raises(MessageTooLarge) as caught:
            framer.feed(make() * 2)

        assert caught.value.status == 513
