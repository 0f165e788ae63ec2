"""Asking a responder over HTTP."""

import pytest
from tests.support.responder import answering

from umbel.core.errors import Unavailable
from umbel.net.responder import ask_responder


class TestAResponder:
    async def test_is_posted_the_question_and_gives_the_answer(self) -> None:
        async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer") as (url, asked):
            assert await ask_responder(url, b"question", 5) == b"answer"

        assert asked[0].startswith(b"POST /ocsp HTTP/1.1\r\n")
        assert b"Content-Type: application/ocsp-request\r\n" in asked[0]
        assert asked[0].endswith(b"question")

    async def test_that_refuses_is_unavailable(self) -> None:
        async with answering(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n") as (url, _):
            with pytest.raises(Unavailable, match="answers 503 Busy"):
                await ask_responder(url, b"question", 5)

    async def test_that_speaks_otherwise_is_unavailable(self) -> None:
        async with answering(b"220 mail.example.org\r\n") as (url, _):
            with pytest.raises(Unavailable, match="220 mail"):
                await ask_responder(url, b"question", 5)

    async def test_that_is_not_there_is_unavailable(self) -> None:
        async with answering(b"") as (url, _):
            pass
        with pytest.raises(Unavailable, match="refused"):
            await ask_responder(url, b"question", 5)
