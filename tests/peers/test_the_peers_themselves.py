"""Before we blame ourselves: the peers of the tests work with each other."""

from pathlib import Path

import pytest
from tests.support.baresip import Line, phone, write_wav
from tests.support.kamailio import kamailio
from tests.support.likeness import is_heard, melody
from tests.support.pki import Authority

pytestmark = pytest.mark.peer


class TestTwoPhones:
    async def test_hear_each_other_over_tls_and_srtp(self, tmp_path: Path) -> None:
        authority = Authority(tmp_path)
        certificate = authority.issue("127.0.0.1").both
        first, second = melody(2, seed=1), melody(2, seed=2)
        lines = [
            Line(
                name=name,
                source=write_wav(tmp_path / f"{name}.wav", samples),
                certificate=certificate,
                srtp=True,
                answers=name == "gray",
            )
            for name, samples in (("bell", first), ("gray", second))
        ]
        async with phone(lines[0], tmp_path / "a") as bell, phone(lines[1], tmp_path / "b") as gray:
            await bell.do("dial", gray.uri)
            await bell.until("CALL_ESTABLISHED")
            await bell.until("CALL_CLOSED")

        assert is_heard(first, gray.heard())
        assert is_heard(second, bell.heard())


class TestAProxy:
    async def test_starts_with_tls(self, tmp_path: Path) -> None:
        authority = Authority(tmp_path)

        async with kamailio(
            tmp_path / "proxy",
            umbel="sip:127.0.0.1:9",
            credentials=authority.issue("127.0.0.1"),
            trust=authority.trust,
        ) as proxy:
            assert proxy.program.process.returncode is None
