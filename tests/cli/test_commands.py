"""The command line: every operation, its JSON, and what it says to a person's mistakes."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.support.node import SITE

from umbel.admin.documentation import field_docs
from umbel.admin.kinds import KINDS, Kind
from umbel.app.settings import load_settings
from umbel.app.stores import open_store
from umbel.cli.main import main
from umbel.core import event_catalogue as catalogue
from umbel.core.events import Event, Field
from umbel.directory.records import CallRecord, CallState, Direction, NodeLoad, NodeRecord
from umbel.mailbox.message import Caller, Importance, Message
from umbel.net.clock import SystemClock
from umbel.net.randomness import SystemRandomness


class Terminal:
    """Somebody at a terminal, in a folder with settings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._runner = CliRunner()
        self.settings = folder / "umbel.toml"
        self.settings.write_text('[node]\nname = "node01.umbel.test"\n')
        (folder / "site.toml").write_text(SITE)

    def types(self, *arguments: str, answers: str = "") -> Result:
        """Run a command line."""
        return self._runner.invoke(
            main, ["--settings", str(self.settings), *arguments], input=answers
        )

    def does(self, *arguments: str, answers: str = "") -> str:
        """Run a command line that succeeds, and give what it says."""
        done = self.types(*arguments, answers=answers)
        assert done.exit_code == 0, done.output + repr(done.exception)
        return done.stdout

    def asks(self, *arguments: str) -> object:
        """Run a command with ``--json``."""
        answer: object = json.loads(self.does(*arguments, "--json"))
        return answer

    def errs(self, *arguments: str) -> str:
        """Run a command line that is wrong, and give what it says."""
        done = self.types(*arguments)
        assert done.exit_code == 2, done.output
        return done.stderr

    def applies(self) -> None:
        """Apply the site."""
        self.does("apply", str(self.folder / "site.toml"))


@pytest.fixture
def office(tmp_path: Path) -> Terminal:
    """Give a terminal with a site."""
    made = Terminal(tmp_path)
    made.applies()
    return made


class TestApplying:
    def test_prints_its_plan_and_does_it_once(self, tmp_path: Path) -> None:
        terminal = Terminal(tmp_path)
        said = terminal.does("apply", str(tmp_path / "site.toml"))

        assert "add dialplan office" in said
        assert "7 changes made." in said
        assert terminal.does("apply", str(tmp_path / "site.toml")) == "Nothing to change.\n"

    def test_dry_changes_nothing(self, tmp_path: Path) -> None:
        terminal = Terminal(tmp_path)
        said = terminal.does("apply", str(tmp_path / "site.toml"), "--dry-run")

        assert "7 changes would be made." in said
        assert terminal.asks("mailbox", "list") == []

    def test_an_export_changes_nothing(self, office: Terminal) -> None:
        exported = office.folder / "export.toml"
        exported.write_text(office.does("export"))

        answer = office.asks("apply", str(exported), "--prune")

        assert answer == {"changes": [], "applied": False}

    def test_keeps_what_the_file_does_not_mention_unless_told(self, office: Terminal) -> None:
        smaller = office.folder / "smaller.toml"
        smaller.write_text(SITE.partition('[[mailbox]]\nextension = "2002"')[0])

        assert "Not in the file and kept (--prune removes them): mailbox 2002." in office.does(
            "apply", str(smaller)
        )
        assert "remove mailbox 2002" in office.does("apply", str(smaller), "--prune")

    def test_a_wrong_file_is_told_with_the_place(self, office: Terminal) -> None:
        wrong = office.folder / "wrong.toml"
        wrong.write_text('[[gateway]]\nname = "pbx"\nadress = "x"')

        assert 'did you mean "address"?' in office.errs("apply", str(wrong))
        assert "expected a site file" in office.errs("apply", str(office.folder / "none.toml"))


class TestObjects:
    def test_are_listed_and_shown(self, office: Terminal) -> None:
        assert "Antonio Meucci" in office.does("mailbox", "list")
        assert "loopback" in office.does("gateway", "list")
        assert "access numbers" in office.does("dialplan", "show", "office")
        shown = office.asks("attendant", "show", "reception")
        assert isinstance(shown, dict)
        assert shown["keys"][0]["label"] == "Antonio Meucci"

    def test_are_added_set_cleared_and_removed(self, office: Terminal) -> None:
        office.does(
            "gateway", "add", "pbx", "--address", "pbx.example.org", "--port", "5061",
            "--transport", "tls", "--no-learn-media-address", "--from-addresses", "192.0.2.0/24",
        )  # fmt: skip
        said = office.does("gateway", "set", "pbx", "--learn-media-address", "--clear", "port")

        assert "port 5061 → (none)" in said
        assert "learn_media_address False → True" in said
        assert (
            office.does("gateway", "set", "pbx", "--learn-media-address") == "Nothing to change.\n"
        )
        assert office.does("gateway", "remove", "pbx", "--yes") == "Removed gateway pbx.\n"

    def test_removing_asks_first(self, office: Terminal) -> None:
        done = office.types("mailbox", "remove", "2002", answers="n\n")

        assert done.exit_code == 1
        assert "and its messages with it?" in done.output
        assert len(office.asks("mailbox", "list")) == 2  # type: ignore[arg-type]  # a list

    def test_an_attendant_takes_its_keys_as_exchange_writes_them(self, office: Terminal) -> None:
        office.does("attendant", "set", "reception", "--key", "1,sales,extension,2002")
        shown = office.asks("attendant", "show", "reception")

        assert isinstance(shown, dict)
        assert shown["keys"] == [
            {"key": "1", "label": "sales", "action": "extension", "target": "2002"}
        ]
        assert (
            "as in 1,sales,extension"
            in office.types("attendant", "set", "reception", "--key", "1").stderr
        )

    def test_a_password_is_never_shown(self, office: Terminal) -> None:
        office.does("gateway", "set", "loopback", "--username", "u", "--password", "kopfhoerer")

        assert "kopfhoerer" not in office.does("gateway", "show", "loopback")
        assert "kopfhoerer" not in office.does("events")
        assert "kopfhoerer" in office.does("export")

    def test_a_mailbox_is_named_by_its_extension_and_has_a_name(self, office: Terminal) -> None:
        said = office.does(
            "mailbox", "add", "2004", "--name", "Granville Woods", "--dial-plan", "office",
            "--policy", "standard",
        )  # fmt: skip

        assert said.startswith("Added mailbox 2004.\n")
        assert "Granville Woods" in office.does("mailbox", "show", "2004")
        assert "name Granville Woods → G. T. Woods" in office.does(
            "mailbox", "set", "2004", "--name", "G. T. Woods"
        )

    def test_every_change_answers_in_json_with_the_object(self, office: Terminal) -> None:
        added = office.asks("policy", "add", "strict", "--min-pin-length", "8")
        changed = office.asks("policy", "set", "strict", "--pin-lifetime-days", "none")
        removed = office.asks("policy", "remove", "strict", "--yes")

        assert isinstance(added, dict)
        assert isinstance(changed, dict)
        assert (added["min_pin_length"], added["pin_lifetime_days"]) == (8, 60)
        assert changed["pin_lifetime_days"] is None
        assert removed == changed

    @pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.noun)
    def test_their_help_says_what_every_field_means(self, office: Terminal, kind: Kind) -> None:
        said = " ".join(office.does(kind.noun, "add", "--help").split())

        for doc in field_docs(kind.type).values():
            if doc.name != kind.key:
                assert doc.says.replace("`", "").split(",")[0] in said

    @pytest.mark.parametrize(
        ("command", "message"),
        [
            (("mailbox", "show", "9"), 'found "9", expected the name of a mailbox (2001, 2002)'),
            (("gateway", "add", "loopback", "--address", "x"), "expected a name that is not taken"),
            (("gateway", "add", "pbx"), "found no address, expected text"),
            (("gateway", "set", "loopback", "--clear", "address"), "expected one of port"),
            (("policy", "remove", "standard", "--yes"), "standard"),
        ],
    )
    def test_mistakes_are_told_with_what_to_do(
        self, office: Terminal, command: tuple[str, ...], message: str
    ) -> None:
        assert message in office.errs(*command)


class TestPins:
    def test_are_made_and_told(self, office: Terminal) -> None:
        answer = office.asks("mailbox", "pin", "2001")

        assert isinstance(answer, dict)
        assert len(answer["pin"]) == 6
        assert "is now" in office.does("mailbox", "pin", "2001")

    def test_may_be_chosen_and_are_checked(self, office: Terminal) -> None:
        said = office.types("mailbox", "pin", "2001", "--choose", answers="271828\n271828\n")
        refused = office.types("mailbox", "pin", "2001", "--choose", answers="123456\n123456\n")

        assert "was set" in said.output
        assert refused.exit_code == 2
        assert "counts up or down" in refused.stderr


class TestSettings:
    def test_are_asked_for_where_there_are_none(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        done = CliRunner().invoke(main, ["mailbox", "list"])

        assert done.exit_code == 2
        assert "begin with: umbel try" in done.stderr

    def test_are_found_in_the_folder(
        self, office: Terminal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(office.folder)

        assert "2001" in CliRunner().invoke(main, ["mailbox", "list"]).output

    def test_a_store_that_cannot_be_opened_is_told(self, tmp_path: Path) -> None:
        terminal = Terminal(tmp_path)
        terminal.settings.write_text('[store]\nurl = "oracle://x"')

        assert terminal.errs("mailbox", "list").startswith("umbel: ")


async def _fill(folder: Path) -> Message:
    """Put a message, a call, an event and a node into the store."""
    clock = SystemClock()
    settings = load_settings(folder / "umbel.toml")
    async with open_store(settings, clock=clock, randomness=SystemRandomness()) as store:
        message = await store.messages.begin("2001", Caller(number="2002", name="Gray"), "c1")
        await store.audio.append(message.audio, b"\x01\x02" * 8000)
        message = await store.messages.deliver(message.id, 1.0, Importance.HIGH)
        record = CallRecord(
            id="c1",
            node="node01.umbel.test",
            direction=Direction.INBOUND,
            state=CallState.ANSWERED,
            started=clock.wall(),
            caller="2002",
            dialled="9000",
            flow="attendant",
            caption="Welcome.",
        )
        store.calls.put(record)
        fields: dict[str, Field] = {
            "call": "c2",
            "caller": "x",
            "dialled": "y",
            "status": 403,
            "reason": "no gateway",
        }
        store.events.append(
            Event(kind=catalogue.CALL_REJECTED, at=clock.wall(), node="n", fields=fields)
        )
        await store.nodes.beat(
            NodeRecord(
                name="node01.umbel.test",
                version="1",
                started=clock.wall(),
                heartbeat=clock.wall(),
                load=LOAD,
            )
        )
    return message


LOAD = NodeLoad(
    calls=12,
    sessions=12,
    busy=0.34,
    latest=0.061,
    skipped=5,
    refused=2,
    full_because="it is too much",
)


class TestWatching:
    def test_calls_shows_flow_and_caption_of_the_live_ones(self, office: Terminal) -> None:
        assert office.does("calls").startswith("No calls now.")
        asyncio.run(_fill(office.folder))

        assert "Welcome." in office.does("calls")
        assert "attendant" in office.does("calls", "c1")
        assert "c1" in office.does("calls", "--recent")
        assert "expected a call's name" in office.errs("calls", "c9")

    def test_events_shows_the_sentence_and_the_cure(self, office: Terminal) -> None:
        asyncio.run(_fill(office.folder))
        said = office.does("events", "--number", "1021")

        assert "The call c2 from x to y was rejected with 403: no gateway." in said
        assert "→ " in said
        assert office.does("events", "--number", "1", "--since", "5m") == "No events.\n"
        assert "expected a number with s, m, h or d" in office.errs("events", "--since", "soon")
        found = office.asks("events", "--level", "warning")
        assert isinstance(found, list)
        assert found[-1]["number"] == 1021

    def test_an_event_can_be_explained(self, office: Terminal) -> None:
        assert "was not transferred" in office.does("events", "explain", "1025")
        assert "expected the number of an event" in office.errs("events", "explain", "7")
        assert "2061" in office.does("events", "explain")

    def test_an_explanation_fits_the_terminal(
        self, office: Terminal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "80")
        said = office.does("events", "explain", "1400").splitlines()

        assert max(map(len, said)) <= 80
        assert "          Seen: {evidence}." in said

    def test_nodes_are_listed(self, office: Terminal) -> None:
        assert "umbel serve" in office.does("node", "list")
        asyncio.run(_fill(office.folder))

        listed = office.does("node", "list")
        assert "serving" in listed
        assert "12 calls, 34 % busy, 5 ticks left out, 2 refused, full" in listed
        told = office.asks("node", "list")
        assert isinstance(told, list)
        assert told[0]["load"]["latest"] == 0.061
        assert "serving" in office.does("node", "show", "node01.umbel.test")
        assert "full_because it is too much" in office.does("node", "show", "node01.umbel.test")
        assert "expected the name of a node (node01.umbel.test)" in office.errs("node", "show", "x")
        said = office.does("node", "set", "node01.umbel.test", "--status", "no-new-calls")
        assert "status enabled → no-new-calls" in said
        assert "no-new-calls" in office.does("node", "list")
        office.does("node", "set", "node01.umbel.test", "--event-level", "TLS=expert")
        assert "TLS=expert" in office.does("node", "show", "node01.umbel.test")
        office.does("node", "add", "node02.umbel.test")
        assert "never seen" in office.does("node", "show", "node02.umbel.test")

    def test_a_node_that_nobody_knows_is_not_set_by_a_slip_of_the_pen(
        self, office: Terminal
    ) -> None:
        said = office.errs("node", "set", "node9", "--status", "disabled")
        assert "none has served yet" in said
        assert "umbel node add node9" in said


class TestMessages:
    def test_are_listed_and_exported_as_wav(self, office: Terminal) -> None:
        message = asyncio.run(_fill(office.folder))
        listed = office.does("message", "list", "2001")
        office.does("message", "export", message.id, str(office.folder / "m.wav"))

        assert "Gray" in listed
        assert (office.folder / "m.wav").read_bytes()[:4] == b"RIFF"
        assert len((office.folder / "m.wav").read_bytes()) == 44 + 16000

    def test_mistakes_are_told(self, office: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
        message = asyncio.run(_fill(office.folder))
        monkeypatch.setenv("PATH", "")

        assert office.does("message", "list", "2002") == "No messages.\n"
        assert "expected a message's name" in office.errs("message", "export", "x", "y")
        assert "expected a file that can be written" in office.errs(
            "message", "export", message.id, "/no/y"
        )
        assert "umbel message export" in office.errs("message", "play", message.id)
