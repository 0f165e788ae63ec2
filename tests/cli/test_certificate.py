"""``umbel certificate`` at the terminal."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from umbel.cli.main import main
from umbel.identity.join_token import JoinToken

NODE, OTHER = "node01.domain.local", "node02.domain.local"
SETTINGS = f"""\
[node]
name = "{NODE}"
[tls]
certificate = "tls/node.pem"
key = "tls/node.key"
trust = "tls/trust.pem"
authority = "authority"
"""
GATEWAY = """\
[[gateway]]
name = "lync"
address = "pool.domain.local"
port = 5061
transport = "tls"
rule = "lync"
"""
EC = ("--key-kind", "ec-p256")


class Terminal:
    """Somebody at a terminal of a node."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._runner = CliRunner()
        self._settings = folder / "umbel.toml"

    def settle(self) -> "Terminal":
        """Write the settings."""
        self._settings.write_text(SETTINGS)
        return self

    def types(self, *arguments: str | Path, told: str = "") -> Result:
        """Run ``umbel certificate``, with settings where there are some; *told* on standard input."""
        settings = ["--settings", str(self._settings)] if self._settings.exists() else []
        return self._runner.invoke(
            main, [*settings, "certificate", *map(str, arguments)], input=told
        )

    def does(self, *arguments: str | Path, code: int = 0) -> str:
        """Run a command that ends with *code*, and give what it says."""
        done = self.types(*arguments)
        assert done.exit_code == code, done.output + repr(done.exception)
        return done.stdout

    def asks(self, *arguments: str | Path, code: int = 0) -> dict[str, object]:
        """Run a command with ``--json``."""
        answer: dict[str, object] = json.loads(self.does(*arguments, "--json", code=code))
        return answer

    def applies(self, site: str) -> None:
        """Configure something."""
        (self.folder / "site.toml").write_text(site)
        done = self._runner.invoke(
            main, ["--settings", str(self._settings), "apply", str(self.folder / "site.toml")]
        )
        assert done.exit_code == 0, done.output


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Give a terminal where nothing is configured."""
    monkeypatch.chdir(tmp_path)
    return Terminal(tmp_path)


@pytest.fixture
def terminal(bare: Terminal) -> Terminal:
    """Give a terminal of a node."""
    return bare.settle()


class TestPlanning:
    def test_needs_nothing_but_names(self, bare: Terminal) -> None:
        said = bare.does("plan", "--node", NODE, "--node", OTHER, "--rule", "lync")

        assert "one shared, with the array's name                        works            " in said
        assert "us to a lync peer" in said
        assert "Recommended: one per node\n" in said
        assert "Must each server have its own key?\n  Yes, with these gateways" in said

    def test_without_kinds_of_peers_is_for_the_usual_ones(self, bare: Terminal) -> None:
        said = bare.does("plan", "--node", NODE)

        assert "a rfc5922 peer to us" in said

    def test_is_for_what_is_configured(self, terminal: Terminal) -> None:
        terminal.applies(GATEWAY)
        answer = terminal.asks("plan", "--node", NODE, "--array", "voice.domain.local")

        assert (answer["array"], answer["recommended"]) == ("voice.domain.local", "one per node")
        designs = answer["designs"]
        assert isinstance(designs, list)
        assert {one["gateway"] for one in designs[0]["crossings"]} == {"lync"}
        assert [one["works"] for one in designs] == [True, True, False, False]

    def test_takes_the_arrays_name_from_what_a_gateway_dials(self, terminal: Terminal) -> None:
        terminal.applies(GATEWAY + f'dials = ["{NODE}", "voice.domain.local"]\n')

        assert terminal.asks("plan", "--node", NODE)["array"] == "voice.domain.local"

    def test_tells_where_both_kinds_of_verdicts_meet(self, terminal: Terminal) -> None:
        terminal.applies(GATEWAY + f'knows = ["{OTHER}"]\n')
        said = terminal.does("plan", "--node", NODE, "--node", OTHER)

        assert "works (1 of 2) fails (1 of 2)" in said

    @pytest.mark.parametrize("arguments", [(), ("--node", "no host!")])
    def test_needs_a_host_at_least(self, bare: Terminal, arguments: tuple[str, ...]) -> None:
        assert "expected" in bare.types("plan", *arguments).stderr


class TestIssuing:
    def test_gives_this_node_a_certificate_that_is_shown(self, terminal: Terminal) -> None:
        assert f"In use: CN={NODE}" in terminal.does("issue", *EC)
        said = terminal.does("show")
        (shown,) = json.loads(terminal.does("show", "--json"))

        assert f"subject            CN={NODE}" in said
        assert "fingerprint" in said
        assert shown["findings"] == []
        assert shown["certificates"][0]["alternative_names"] == [NODE]

    def test_again_tells_the_old_one(self, terminal: Terminal) -> None:
        terminal.does("issue", *EC)
        answer = terminal.asks("issue", *EC, "--name", "um.domain.local")

        assert answer["installed"] is True
        assert answer["old"] != answer["new"]
        assert (terminal.folder / "tls" / "node.pem.old").exists()

    def test_for_others_gives_files(self, bare: Terminal) -> None:
        said = bare.does("issue", NODE, OTHER, "--authority", "ca", "--to", "files", *EC)
        made = bare.asks("issue", NODE, "--authority", "ca", *EC)

        assert f"files/{OTHER}.key" in said
        assert made["files"] == [f"ca/{NODE}.pem", f"ca/{NODE}.key", "ca/authority.pem"]
        assert bare.does("show", f"files/{NODE}.pem", "--trust", "ca/authority.pem")

    def test_needs_to_know_the_authority(self, bare: Terminal) -> None:
        assert "name it with --authority FOLDER" in bare.types("issue", NODE).stderr

    def test_by_an_authority_on_ones_own_terms(self, terminal: Terminal) -> None:
        url = "http://authority.domain.local/umbel.crl"
        made = terminal.asks("authority", "--domain", "domain.local", "--revocation-url", url, *EC)
        answer = terminal.asks("issue", *EC)
        new = answer["new"]
        assert isinstance(new, dict)

        assert (made["domains"], made["revocation_url"]) == (["domain.local"], url)
        assert new["revocation_lists"] == [url]
        assert "authority.crl" in terminal.does("revoke", new["serial"])


class TestRequesting:
    def test_keeps_the_key_and_prints_the_request(self, terminal: Terminal) -> None:
        terminal.does("authority", *EC)
        request = terminal.does("request", *EC)
        (terminal.folder / "signed.pem").write_text(terminal.does("sign", "tls/node.csr"))
        key = (terminal.folder / "tls" / "node.key.new").read_bytes()
        (terminal.folder / "tls" / "trust.pem").write_bytes(
            (terminal.folder / "authority" / "authority.pem").read_bytes()
        )
        said = terminal.does("install", "signed.pem")

        assert request.startswith("-----BEGIN CERTIFICATE REQUEST-----")
        assert "PRIVATE" not in request
        assert f"In use: CN={NODE}" in said
        assert (terminal.folder / "tls" / "node.key").read_bytes() == key

    def test_goes_by_the_plan(self, terminal: Terminal) -> None:
        """A gateway that dials the array's name and looks at nothing else needs it in there."""
        terminal.applies(GATEWAY.replace("lync", "rfc9525") + 'dials = ["voice.domain.local"]\n')

        assert terminal.asks("request")["names"] == f"{NODE}, voice.domain.local"

    def test_works_before_anything_is_configured(self, bare: Terminal) -> None:
        answer = bare.asks("request", "--node", OTHER, "--folder", "new", *EC)

        assert answer["key"] == f"new/{OTHER}.key.new"
        assert (bare.folder / "new" / f"{OTHER}.csr").exists()


class TestInstalling:
    def test_refuses_what_does_not_fit(self, terminal: Terminal) -> None:
        terminal.does("issue", *EC)
        terminal.does("issue", OTHER, *EC)
        said = terminal.does("install", f"authority/{OTHER}.pem", code=1)
        answer = terminal.asks("install", f"authority/{OTHER}.pem", code=1)

        assert "✗ tls.key-does-not-fit" in said
        assert "nothing was changed" in said
        assert (answer["installed"], answer["new"]) == (False, None)


class TestShowing:
    def test_tells_what_is_wrong_by_its_exit_code(self, bare: Terminal) -> None:
        bare.does("issue", NODE, OTHER, "--authority", "ca", *EC)
        said = bare.does("show", f"ca/{NODE}.pem", f"ca/{OTHER}.key", code=1)

        assert "tls.key-does-not-fit" in said

    def test_judges_as_a_kind_of_peer_does(self, bare: Terminal) -> None:
        bare.does("issue", NODE, "--authority", "ca", *EC)

        assert "Lync asks for one in every server" in bare.does(
            "show", f"ca/{NODE}.pem", "--rule", "lync"
        )

    def test_of_a_key_alone_says_so(self, bare: Terminal) -> None:
        bare.does("issue", NODE, "--authority", "ca", *EC)

        assert "A private key, and no certificate" in bare.does("show", f"ca/{NODE}.key")

    def test_reads_what_cannot_be_read_as_far_as_possible(self, bare: Terminal) -> None:
        (bare.folder / "broken.der").write_bytes(b"\x30\x03\x02\x01\x01")

        assert "cannot be read" in bare.does("show", "broken.der", code=1)
        assert bare.types("show", "broken.der", "--json").exit_code == 1

    @pytest.mark.parametrize("command", [("sign", "none.csr"), ("revoke", "1")])
    def test_what_is_not_there_is_told(self, bare: Terminal, command: tuple[str, ...]) -> None:
        assert "expected" in bare.types(*command, "--authority", "nowhere").stderr


class TestJoining:
    def test_reads_the_token_where_nobody_else_sees_it(self, terminal: Terminal) -> None:
        token = JoinToken(node=OTHER, id="00" * 8, secret=bytes(32), fingerprint="00" * 32)

        assert f"a token for {OTHER}" in terminal.types("join", "-", told=f"{token}\n").stderr


class TestRenewing:
    def test_needs_somebody_who_renews(self, terminal: Terminal) -> None:
        assert 'expected renew = "authority" or "acme"' in terminal.types("renew").stderr

    def test_by_the_authority_of_this_machine_is_done_at_once(self, terminal: Terminal) -> None:
        terminal.does("issue", *EC)
        (terminal.folder / "umbel.toml").write_text(SETTINGS + 'renew = "authority"\n')

        assert f"Before: CN={NODE}" in terminal.does("renew")

    def test_every_node_needs_nodes_and_an_authority(self, terminal: Terminal) -> None:
        assert "expected nodes that serve" in terminal.types("issue", "--every-node").stderr
        assert "make one: umbel certificate authority" in terminal.types("token", OTHER).stderr
