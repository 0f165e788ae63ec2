"""The pool of the incident by itself: whom it hears, and whom it leaves without a word."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.support.namespaces import Network, network
from tests.support.pki import Authority, Credentials
from tests.support.pool import POOL, PORT, Pool, mediation_pool
from tests.support.program import require

pytestmark = pytest.mark.peer

NODE01, NODE02, ARRAY = "node01.domain.local", "node02.domain.local", "um.domain.local"

OPTIONS = (
    f"OPTIONS sip:{POOL}:{PORT};transport=tls SIP/2.0\r\n"
    f"Via: SIP/2.0/TLS {NODE01}:5061;branch=z9hG4bK1;rport\r\n"
    f"From: <sip:{NODE01}>;tag=1\r\nTo: <sip:{POOL}>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
    "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, POOL, NODE01, NODE02) as made:
        yield made


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "pki")


@pytest.fixture
async def pool(tmp_path: Path, net: Network, authority: Authority) -> AsyncIterator[Pool]:
    issued = authority.issue(POOL)
    async with mediation_pool(
        tmp_path / "pool", net, (NODE01, NODE02), issued, authority.trust
    ) as made:
        yield made


async def asked_by(shown: Credentials, trust: Path, pool: Pool) -> str:
    """Let openssl connect, send OPTIONS, and give all that it saw."""
    client = await asyncio.create_subprocess_exec(
        require("openssl", "openssl"), "s_client", "-connect", f"{pool.address}:{PORT}",
        "-servername", POOL, "-CAfile", trust, "-cert", shown.certificate, "-key", shown.key,
        "-verify_return_error", "-nocommands", "-ign_eof",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert client.stdin is not None
    assert client.stdout is not None
    client.stdin.write(OPTIONS.encode())
    said = b""
    async with asyncio.timeout(10):
        while block := await client.stdout.read(4096):
            said += block
            if b"Content-Length: 0\r\n\r\n" in block:
                client.kill()
        await client.wait()
    return said.decode(errors="replace")


class TestAServerThatItKnows:
    async def test_by_its_common_name_is_answered(self, authority: Authority, pool: Pool) -> None:
        said = await asked_by(authority.issue(NODE01), authority.trust, pool)

        assert "SIP/2.0 200 OK" in said
        assert not pool.turned_away


class TestAServerThatItKnowsByAnAlternativeNameOnly:
    async def test_hears_the_connection_close_and_not_a_word(
        self, authority: Authority, pool: Pool
    ) -> None:
        """The story's certificate: the chain is good, every name is there, in the wrong place."""
        shared = authority.issue(ARRAY, NODE01, NODE02, common_name=ARRAY)
        said = await asked_by(shared, authority.trust, pool)

        assert "Verification: OK" in said
        assert "unexpected eof" in said
        assert "SIP/2.0" not in said
        assert pool.turned_away == [ARRAY]
