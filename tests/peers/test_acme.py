"""Certificates by ACME (RFC 8555) from Pebble, which refuses what a strict authority refuses."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.support.pebble import Pebble, running_pebble
from tests.support.program import free_port

from umbel.backends.acme.client import AcmeAuthority, AcmeTerms
from umbel.backends.private_keys import make_key
from umbel.backends.signing_requests import make_request
from umbel.cli.main import main
from umbel.core.errors import Mistake, Unavailable
from umbel.identity.acme_challenge import AcmeChallenge
from umbel.identity.certificate_request import KeyKind, RequestedNames

pytestmark = pytest.mark.peer

NODE = "node01.umbel.test"
REQUEST = make_request(make_key(KeyKind.EC_P256), RequestedNames.of_node(NODE, ["um.umbel.test"]))


@pytest.fixture
async def pebble(tmp_path: Path) -> AsyncIterator[Pebble]:
    """Give a running Pebble."""
    async with running_pebble(tmp_path) as made:
        yield made


def settings(pebble: Pebble, challenge: AcmeChallenge) -> str:
    port = pebble.http_port if challenge is AcmeChallenge.HTTP_01 else pebble.tls_port
    return f"""
[node]
name = "{NODE}"
[tls]
certificate = "node.pem"
key = "node.key"
trust = "trust.pem"
renew = "acme"
[tls.acme]
directory = "{pebble.directory}"
contact = "antonio.meucci@umbel.test"
challenge = "{challenge.value}"
address = "127.0.0.1"
port = {port}
trust = "{pebble.trust}"
"""


async def umbel(folder: Path, *arguments: str) -> Result:
    """Run a command in another thread."""
    command = ["--settings", str(folder / "umbel.toml"), "certificate", *arguments]
    return await asyncio.to_thread(CliRunner().invoke, main, command)


class TestRenewing:
    @pytest.mark.parametrize("challenge", list(AcmeChallenge))
    async def test_gets_a_certificate_by_each_challenge(
        self, tmp_path: Path, pebble: Pebble, challenge: AcmeChallenge
    ) -> None:
        node = tmp_path / "node"
        node.mkdir()
        (node / "umbel.toml").write_text(settings(pebble, challenge))
        made = await umbel(
            node, "issue", "--authority", str(tmp_path / "authority"), "--key-kind", "ec-p256"
        )
        assert made.exit_code == 0, made.output
        (node / "trust.pem").write_bytes(await pebble.root())
        first = await umbel(node, "renew")
        second = await umbel(node, "renew")

        assert first.exit_code == 0, first.output + repr(first.exception)
        assert second.exit_code == 0, second.output + repr(second.exception)
        assert f"In use: CN={NODE}" in first.stdout
        assert "Before: CN=" in second.stdout
        assert (node / "acme-account.key").stat().st_mode & 0o777 == 0o600


class TestAnAuthorityThatRefuses:
    def terms(self, folder: Path, pebble: Pebble, port: int) -> AcmeTerms:
        return AcmeTerms(
            directory=pebble.directory,
            account=folder / "account.key",
            address="127.0.0.1",
            port=port,
            trust=pebble.trust,
        )

    async def test_tells_why(self, tmp_path: Path, pebble: Pebble) -> None:
        """The challenge is answered where nobody asks."""
        authority = AcmeAuthority(self.terms(tmp_path, pebble, free_port()))

        with pytest.raises(Unavailable, match=r"Authorization for .* failed"):
            await asyncio.to_thread(authority.certify, REQUEST)

    async def test_cannot_be_answered_on_a_port_that_is_taken(
        self, tmp_path: Path, pebble: Pebble
    ) -> None:
        authority = AcmeAuthority(self.terms(tmp_path, pebble, pebble.management))

        with pytest.raises(Mistake, match="which cannot be had"):
            await asyncio.to_thread(authority.certify, REQUEST)

    async def test_that_we_do_not_believe_is_not_asked(
        self, tmp_path: Path, pebble: Pebble
    ) -> None:
        terms = AcmeTerms(directory=pebble.directory, account=tmp_path / "account.key")

        with pytest.raises(Unavailable, match="certificate verify failed"):
            await asyncio.to_thread(AcmeAuthority(terms).certify, REQUEST)


async def test_an_account_key_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    terms = AcmeTerms(directory="https://127.0.0.1:1/dir", account=tmp_path / "file" / "account")

    with pytest.raises(Mistake, match="expected files that can be read and written"):
        AcmeAuthority(terms).certify(REQUEST)
