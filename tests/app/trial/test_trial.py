"""``umbel try``: one command, a proof that can fail, and a second run in the same folder."""

import asyncio
import re
import socket
import sys
from pathlib import Path

import pytest
from tests.support.program import running

from umbel.admin.site import read_site
from umbel.app.exchange import ProofFailed
from umbel.app.journal import Heard
from umbel.app.settings import load_settings
from umbel.app.trial.guide import how_to_call
from umbel.app.trial.organisation import Ports, settings, site
from umbel.app.trial.proof import came_back
from umbel.app.trial.system import Captions, prepare
from umbel.core.errors import Mistake

UMBEL = Path(sys.executable).parent / "umbel"


def assert_proved(said: str) -> None:
    """Hold what ``umbel try`` printed to what a newcomer is promised."""
    assert "It works" in said, said
    assert re.search(r"umbel: .*press 1", said)
    assert "umbel: You have 1 new message" in said


class TestTheProof:
    async def test_succeeds_twice_in_one_folder(self, tmp_path: Path) -> None:
        """The second run finds the settings, the certificates and the first one's message."""
        command = (UMBEL, "try", "--folder", tmp_path / "trial")
        async with running(*command, "--once", log=tmp_path / "first.log") as trial:
            assert await trial.wait(100) == 0, trial.output
            assert_proved(trial.output)
        async with running(*command, log=tmp_path / "second.log") as trial:
            await trial.until("This system stays up", 100)
            assert_proved(trial.output)
            first_look = (UMBEL, "--settings", tmp_path / "trial" / "umbel.toml", "diagnose")
            async with running(*first_look, log=tmp_path / "diagnose.log") as diagnose:
                assert await diagnose.wait(30) == 0, diagnose.output

        assert "✓ Every gateway answers, and all that was seen is well." in diagnose.output

    @pytest.mark.parametrize(("share", "good"), [(1.0, True), (0.9, True), (0.5, False)])
    def test_fails_where_the_audio_is_not_the_same(self, share: float, good: bool) -> None:
        assert came_back(share) is good


class TestTheFolder:
    def test_takes_other_ports_where_the_usual_ones_are_taken(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", 0))
            first = prepare(tmp_path / "one")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as node:
                node.bind(("127.0.0.1", first.udp))
                second = prepare(tmp_path / "two")

        assert first.udp != second.udp

    def test_holds_settings_and_a_site_that_can_be_read(self, tmp_path: Path) -> None:
        ports = prepare(tmp_path)
        found = load_settings(tmp_path / "umbel.toml")

        assert found.tls is not None
        assert Path(found.tls.key).stat().st_mode & 0o077 == 0
        assert len(read_site((tmp_path / "site.toml").read_text(), "site.toml")) == 11
        assert prepare(tmp_path).udp == ports.udp

    def test_that_cannot_be_written_is_a_mistake(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()

        with pytest.raises(Mistake, match="expected a folder to write everything"):
            prepare(tmp_path / "file" / "trial")

    def test_with_settings_of_something_else_is_a_mistake(self, tmp_path: Path) -> None:
        (tmp_path / "umbel.toml").write_text('[node]\nname = "node01.umbel.test"\n')

        with pytest.raises(Mistake, match="umbel try --folder"):
            prepare(tmp_path)

    def test_is_written_from_what_the_organisation_says(self) -> None:
        ports = Ports(udp=5060, tls=5061, exchange=5071)

        assert "Alexander Graham Bell" in site(ports)
        assert "port = 5061" in settings(ports)


class TestTheGuide:
    PORTS = Ports(udp=5070, tls=5081, exchange=5091)

    def test_says_what_to_dial_at_the_ports_that_were_free(self) -> None:
        said = how_to_call(Path("/trial"), self.PORTS, None)

        assert "sip:9000@127.0.0.1:5070\n" in said
        assert "sip:9000@127.0.0.1:5081;transport=tls\n" in said
        assert "export UMBEL_SETTINGS=/trial/umbel.toml\n" in said

    def test_says_where_the_command_is_when_a_terminal_would_not_find_it(self) -> None:
        said = how_to_call(Path("/my trial"), self.PORTS, Path("/my umbel/bin"))

        assert (
            """export UMBEL_SETTINGS='/my trial/umbel.toml' PATH='/my umbel/bin':"$PATH"\n"""
            in said
        )


class TestCaptions:
    def test_that_are_to_be_brief_are_cut_and_leave_goodbyes_out(self) -> None:
        said: list[str] = []
        captions = Captions(said.append, is_brief=True)
        captions.take(Heard(call="c", by_caller=False, text="Welcome. " * 20))
        captions.take(Heard(call="c", by_caller=True, text="is gone (the peer hung up)"))

        (line,) = said
        assert line.startswith("     umbel: Welcome. Welcome.")
        assert line.endswith(" …")
        assert len(line) < 100

    async def test_wait_for_what_somebody_hears(self) -> None:
        said: list[str] = []
        captions = Captions(said.append)
        waiting = asyncio.create_task(captions.until("PRESS 1", 5))
        captions.take(Heard(call="c", by_caller=True, text="press 1"))
        captions.take(Heard(call="c", by_caller=False, text="For sales, press 1."))
        await waiting

        assert len(said) == 2

    async def test_of_an_earlier_step_do_not_count(self) -> None:
        captions = Captions(lambda _line: None)
        captions.take(Heard(call="c", by_caller=False, text="press 1"))
        captions.step("next")

        with pytest.raises(ProofFailed, match='nobody heard "press 1"'):
            await captions.until("press 1", 0)
