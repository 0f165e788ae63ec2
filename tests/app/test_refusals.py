"""A node that cannot serve says what was found, what was expected, where, and what to do."""

import socket
import sys
from pathlib import Path

import pytest
from tests.support.node import write_settings
from tests.support.pki import Authority
from tests.support.program import running

UMBEL = Path(sys.executable).parent / "umbel"


async def refusal(folder: Path, name: str = "serve") -> str:
    """Give what ``umbel serve`` says before it ends with code 2."""
    command = (UMBEL, "--settings", folder / "umbel.toml", "serve")
    async with running(*command, log=folder / f"{name}.log") as node:
        code = await node.wait(30)

    assert code == 2, node.output
    assert "Traceback" not in node.output
    return node.output


class TestServing:
    async def test_on_a_port_that_somebody_has_is_refused(self, tmp_path: Path) -> None:
        ports = write_settings(tmp_path)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", ports["tcp"]))
            taken.listen()
            said = await refusal(tmp_path)

        assert f"127.0.0.1:{ports['tcp']}" in said
        assert "found" in said
        assert "expected" in said

    async def test_from_a_store_that_another_node_has_is_refused(self, tmp_path: Path) -> None:
        write_settings(tmp_path)
        command = (UMBEL, "--settings", tmp_path / "umbel.toml", "serve")
        async with running(*command, log=tmp_path / "first.log") as first:
            await first.until("is serving on", within=20)
            said = await refusal(tmp_path, "second")

        assert "node01.umbel.test" in said
        assert str(first.process.pid) in said

    @pytest.mark.parametrize(
        ("spoil", "says"),
        [("certificate", "no such file"), ("key", "does not fit"), ("trust", "PEM")],
    )
    async def test_with_credentials_that_cannot_be_used_is_refused(
        self, tmp_path: Path, spoil: str, says: str
    ) -> None:
        authority = Authority(tmp_path / "pki")
        node, other = authority.issue("127.0.0.1"), authority.issue("other.example.org")
        write_settings(tmp_path, node, authority.trust)
        match spoil:
            case "certificate":
                node.certificate.unlink()
            case "key":
                node.key.write_bytes(other.key.read_bytes())
            case _:
                authority.trust.write_text("not a certificate")

        assert says.lower() in (await refusal(tmp_path)).lower()
