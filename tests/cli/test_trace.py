"""``umbel trace`` in all its forms, on a ring that a node has left."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.support.traces import (
    AT,
    END,
    HANDSHAKE,
    NAMED,
    NODE,
    OVER_TLS,
    RECEIVED,
    TRYING,
)

from umbel.app.settings import TraceSettings
from umbel.app.tracing import ring_of, write_all
from umbel.cli import trace
from umbel.cli.main import main
from umbel.net.clock import SystemClock
from umbel.trace.entry import Entry, Secrets

SITE = """
[[gateway]]
name = "pool"
address = "192.0.2.200"
certificate_names = ["pool.example.org"]
transport = "tls"

[[gateway]]
name = "pbx"
address = "192.0.2.10"
"""
SECRETS = Secrets(at=AT, connection="connection-2", lines="CLIENT_RANDOM 00 11\n")


class Terminal:
    """Somebody at a terminal of a machine with a ring."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "umbel.toml").write_text(f'[node]\nname = "{NODE}"\n')
        (folder / "site.toml").write_text(SITE)
        self.keep([RECEIVED, NAMED, TRYING, HANDSHAKE, OVER_TLS, END, SECRETS])

    def keep(self, entries: Sequence[Entry]) -> None:
        """Let a node keep something."""
        settings = TraceSettings(folder=str(self.folder / "trace"))
        write_all(ring_of(settings, NODE, SystemClock()), entries)

    def types(self, *arguments: str) -> Result:
        """Run a command line."""
        return CliRunner().invoke(main, ["--settings", str(self.folder / "umbel.toml"), *arguments])

    def traces(self, *arguments: str) -> str:
        """Run ``umbel trace`` and give what it prints."""
        done = self.types("trace", *arguments)
        assert done.exit_code == 0, done.output + repr(done.exception)
        return done.stdout


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


class TestCall:
    @pytest.mark.parametrize("name", ["k7q2p", "8@client.example.org"])
    def test_is_shown_as_a_ladder(self, terminal: Terminal, name: str) -> None:
        shown = terminal.traces(name)

        assert "100 Trying" in shown
        assert "OPTIONS" not in shown

    def test_is_shown_while_the_store_is_away(self, terminal: Terminal) -> None:
        (terminal.folder / "umbel.toml").write_text('[store]\nurl = "sqlite:////nowhere/x.db"\n')

        assert "INVITE" in terminal.traces("k7q2p")

    def test_that_nobody_knows_is_told_with_what_there_is(self, terminal: Terminal) -> None:
        terminal.types("apply", str(terminal.folder / "site.toml"))
        done = terminal.types("trace", "nobody")

        assert done.exit_code == 2
        assert "pbx, pool" in done.stderr
        assert "umbel calls --recent" in done.stderr


class TestGateway:
    def test_is_shown_by_its_address_or_its_name(self, terminal: Terminal) -> None:
        terminal.types("apply", str(terminal.folder / "site.toml"))

        assert "INVITE" in terminal.traces("pbx")
        assert "OPTIONS" in terminal.traces("pool")
        assert "INVITE" not in terminal.traces("pool")


class TestEverything:
    def test_is_shown_for_programs(self, terminal: Terminal) -> None:
        rows = json.loads(terminal.traces("all", "--json"))

        assert [row["kind"] for row in rows] == [
            "message", "call", "message", "handshake", "message", "end",
        ]  # fmt: skip

    def test_may_be_whole(self, terminal: Terminal) -> None:
        assert "Call-ID: 8@client.example.org" in terminal.traces("all", "--full")

    def test_since_a_while_may_be_nothing(self, terminal: Terminal) -> None:
        assert terminal.traces("all", "--since", "1s").startswith("Nothing passed.")

    @pytest.mark.parametrize(
        ("options", "complaint"),
        [
            (("--since", "soon"), "as in 12h"),
            (("--secrets",), "--pcapng FILE with it"),
            (("--pcapng", "x", "--full"), "one form at a time"),
            (("--pcapng", "/nowhere/x"), "a file that can be written"),
        ],
    )
    def test_asked_for_wrongly_says_how(
        self, terminal: Terminal, options: tuple[str, ...], complaint: str
    ) -> None:
        done = terminal.types("trace", "all", *options)

        assert done.exit_code == 2
        assert complaint in done.stderr


class TestFile:
    def test_is_written_for_its_owner_only(self, terminal: Terminal) -> None:
        file = terminal.folder / "trace.pcapng"
        done = terminal.types("trace", "all", "--pcapng", str(file))

        assert "3 SIP messages" in done.stderr
        assert file.stat().st_mode & 0o077 == 0
        assert b"CLIENT_RANDOM" not in file.read_bytes()

    def test_has_the_secrets_where_they_are_asked_for(self, terminal: Terminal) -> None:
        file = terminal.folder / "trace.pcapng"
        done = terminal.types("trace", "all", "--secrets", "--pcapng", str(file))

        assert "TLS secrets of 1 connections" in done.stderr
        assert b"CLIENT_RANDOM" in file.read_bytes()

    def test_says_where_no_secrets_were_kept(self, terminal: Terminal) -> None:
        done = terminal.types("trace", "k7q2p", "--secrets", "--pcapng", "-")

        assert "secrets = true" in done.stderr
        assert done.stdout_bytes.startswith(b"\x0a\x0d\x0d\x0a")


class TestFollowing:
    def test_shows_what_comes(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
        """It ends when somebody presses Ctrl-C, which is no failure."""
        turns = iter([[TRYING], []])

        async def wait() -> None:
            for entries in turns:
                return terminal.keep(entries)
            raise KeyboardInterrupt

        monkeypatch.setattr(trace, "pause", wait)
        shown = terminal.traces("k7q2p", "--follow")

        assert shown.count("100 Trying") == 2

    def test_for_programs_has_a_line_for_each_entry(
        self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def wait() -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(trace, "pause", wait)
        lines = terminal.traces("k7q2p", "--follow", "--json").splitlines()

        assert [json.loads(line)["kind"] for line in lines] == ["message", "call", "message"]

    def test_everything_begins_now(
        self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def wait() -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(trace, "pause", wait)

        assert terminal.traces("all", "--follow") == ""
