"""``umbel diagnose`` as somebody types it who has nothing configured yet."""

import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.laboratory.bench import NODE, Authority

from umbel.cli.main import main


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without settings."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken, and not listened at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def diagnose(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["diagnose", *map(str, arguments)])


class TestGoodFiles:
    def test_are_said_to_be_good_for_every_kind_of_peer(self, terminal: Path) -> None:
        authority = Authority(terminal)
        own = authority.issue()
        done = diagnose(own.certificate, own.key, authority.trust)

        assert done.exit_code == 0, done.output
        assert f"The certificate of {NODE} is as peers want it." in done.output
        assert "lync          ✓            ✓             ✓" in done.output

    def test_are_told_to_programs_with_every_rule(self, terminal: Path) -> None:
        authority = Authority(terminal)
        own = authority.issue("um.domain.local", dns=("um.domain.local", NODE))
        done = diagnose(own.certificate, "--node", NODE, "--json")
        (row,) = json.loads(done.output)
        verdicts = {each["rule"]: each["to_peer"] for each in row["rules"]}

        assert verdicts["lync"] == "refused"
        assert verdicts["rfc5922"] == "accepted"
        assert row["key"] == "not among the files"


class TestBadFiles:
    def test_end_with_a_finding(self, terminal: Path) -> None:
        authority = Authority(terminal)
        own, other = authority.issue(), authority.issue("another.domain.local")
        done = diagnose(own.certificate, other.key)

        assert done.exit_code == 1
        assert "tls.key-does-not-fit" in done.output
        assert "To mend it: name the key" in done.output

    def test_that_are_not_there_are_findings_too(self, terminal: Path) -> None:
        done = diagnose("nothing.pem")

        assert done.exit_code == 1
        assert "nothing.pem: No such file or directory" in done.output

    def test_that_a_library_dislikes_are_told_by_findings_alone(self, terminal: Path) -> None:
        """Its warnings would stand in the middle of what people and programs read."""
        own = Authority(terminal).issue()
        der = ssl.PEM_cert_to_DER_cert(own.certificate.read_text())
        serial = der.index(bytes.fromhex("a0 03 02 01 02 02")) + 7  # Behind the version, 3.
        negative = der[:serial] + b"\x80" + der[serial + 1 :]
        own.certificate.write_text(ssl.DER_cert_to_PEM_cert(negative))
        umbel = Path(sys.executable).parent / "umbel"
        done = subprocess.run(
            [umbel, "diagnose", own.certificate], capture_output=True, text=True, check=False
        )

        assert NODE in done.stdout
        assert done.stderr == ""


class TestAnAddress:
    def test_that_refuses_is_told_with_its_steps(self, terminal: Path, closed_port: int) -> None:
        done = diagnose(f"127.0.0.1:{closed_port}", "--transport", "tcp")

        assert done.exit_code == 1
        assert "✗ TCP" in done.output
        assert "connection refused" in done.output

    def test_is_told_to_programs_in_full(self, terminal: Path, closed_port: int) -> None:
        done = diagnose(f"127.0.0.1:{closed_port}", "--rule", "lync", "--json")
        (row,) = json.loads(done.output)

        assert done.exit_code == 1
        assert [step["step"] for step in row["steps"]][:2] == ["DNS", "TCP"]
        assert row["findings"][0]["severity"] == "error"
        assert row["summary"]

    def test_that_is_none_is_a_mistake(self, terminal: Path) -> None:
        done = diagnose("not an address")

        assert done.exit_code == 2
        assert "expected a gateway, HOST or HOST:PORT, or PEM files" in done.stderr


class TestACall:
    def test_is_not_made_where_the_way_ends_before(self, terminal: Path, closed_port: int) -> None:
        uri = f"sip:2001@127.0.0.1:{closed_port};transport=tcp"
        done = CliRunner().invoke(main, ["call", uri])

        assert done.exit_code == 1
        assert "✗ TCP" in done.output
        assert "– call        not reached" in done.output

    def test_to_nowhere_is_a_mistake(self, terminal: Path) -> None:
        done = CliRunner().invoke(main, ["call", "sip:2001@"])

        assert done.exit_code == 2
        assert "expected a SIP URI" in done.stderr
