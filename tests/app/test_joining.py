"""A node joins another's authority, renews and follows an invitation: commands against a live node."""

import asyncio
import json
from pathlib import Path

from click.testing import CliRunner, Result
from tests.support.node import NodeUnderTest, node_under_test
from tests.support.pki import Credentials

from umbel.cli.main import main
from umbel.core import event_catalogue as catalogue

FIRST, SECOND = "node01.umbel.test", "node02.umbel.test"
EC = ("--key-kind", "ec-p256")


async def umbel(folder: Path, *arguments: str) -> Result:
    """Run a command in another thread: the node under test goes on."""
    command = ["--settings", str(folder / "umbel.toml"), "certificate", *arguments]
    return await asyncio.to_thread(CliRunner().invoke, main, command)


async def says(folder: Path, *arguments: str) -> str:
    """Run a command that succeeds."""
    done = await umbel(folder, *arguments)
    assert done.exit_code == 0, done.output + repr(done.exception)
    return done.stdout


def prepare(folder: Path) -> Credentials:
    """Issue the first node's certificate, shared by name with the second."""
    done = CliRunner().invoke(
        main,
        [
            "certificate", "issue", "um.umbel.test", "--name", FIRST, "--name", SECOND,
            "--authority", str(folder / "authority"), *EC,
        ],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    stem = folder / "authority" / "um.umbel.test"
    return Credentials(
        certificate=stem.with_name(f"{stem.name}.pem"),
        key=stem.with_name(f"{stem.name}.key"),
        both=stem,
    )


def second_node(folder: Path, first: NodeUnderTest) -> Path:
    """Write the settings of another machine with the same store."""
    folder.mkdir()
    (folder / "umbel.toml").write_text(f"""
[node]
name = "{SECOND}"
[store]
url = "{first.settings.store.url}"
[tls]
certificate = "node.pem"
key = "node.key"
trust = "trust.pem"
renew = "authority"
""")
    return folder


async def test_a_cluster_gets_its_certificates(tmp_path: Path) -> None:
    credentials = prepare(tmp_path)
    authority = tmp_path / "authority"
    async with node_under_test(
        tmp_path / "first",
        credentials=credentials,
        trust=authority / "authority.pem",
        authority=authority,
    ) as first:
        here = tmp_path / "first"
        there = second_node(tmp_path / "second", first)

        token = json.loads(await says(here, "token", SECOND, "--json"))["token"]
        assert f"In use: CN={SECOND}" in await says(there, "join", token, *EC)
        assert "the token was used already" in (await umbel(there, "join", token, *EC)).stderr
        assert "Before: CN=node02" in await says(there, "renew")

        assert "has a certificate of its own" in await says(here, "issue", "--every-node")
        event = await first.told(catalogue.CERTIFICATE_REPLACED.number)
        assert event.fields["old_subject"] == "CN=um.umbel.test"
        assert event.fields["new_subject"] == f"CN={FIRST}"
