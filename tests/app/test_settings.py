"""``umbel.toml`` is read strictly, and paths in it are taken from its own folder."""

from pathlib import Path

import pytest

from umbel.app.settings import (
    ListenerSettings,
    listening_port,
    load_settings,
    sip_transport,
)
from umbel.core.errors import Mistake
from umbel.directory.objects import Transport
from umbel.sip import hop


def write(folder: Path, text: str) -> Path:
    path = folder / "umbel.toml"
    path.write_text(text)
    return path


FULL = """
[node]
name = "node01.example.org"
[store]
url = "sqlite:///umbel.db"
[tls]
certificate = "node.pem"
key = "/etc/node.key"
trust = "ca.pem"
[[listener]]
transport = "tls"
require_client_certificate = true
[[listener]]
transport = "udp"
address = "::"
port = 15060
[media]
first_port = 30000
last_port = 30100
[prompts]
folder = "prompts"
"""


class TestAGoodFile:
    def test_is_read_whole(self, tmp_path: Path) -> None:
        settings = load_settings(write(tmp_path, FULL))

        assert settings.node.name == "node01.example.org"
        assert [listening_port(listener) for listener in settings.listener] == [5061, 15060]
        assert sip_transport(settings.listener[0]) is hop.Transport.TLS

    def test_names_files_from_its_own_folder(self, tmp_path: Path) -> None:
        settings = load_settings(write(tmp_path, FULL))

        assert settings.tls is not None
        assert settings.tls.certificate == str(tmp_path / "node.pem")
        assert settings.tls.key == "/etc/node.key"
        assert settings.store.url == f"sqlite:///{tmp_path}/umbel.db"
        assert settings.store.audio == str(tmp_path / "audio")
        assert settings.prompts.folder == str(tmp_path / "prompts")

    def test_may_be_empty_and_then_listens_on_udp_and_tcp(self, tmp_path: Path) -> None:
        settings = load_settings(write(tmp_path, ""))

        assert [listener.transport for listener in settings.listener] == [
            Transport.UDP,
            Transport.TCP,
        ]
        assert settings.prompts.folder == ""

    def test_leaves_a_database_server_alone(self, tmp_path: Path) -> None:
        text = '[store]\nurl = "postgresql://db.example.org/umbel"'

        assert load_settings(write(tmp_path, text)).store.url == "postgresql://db.example.org/umbel"


class TestABadFile:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[[listener]", "expected TOML"),
            ("listener = []", "found no listener"),
            ('[[listener]]\ntransport = "tls"', "found a TLS listener and no [tls]"),
            ('[[listener]]\ntransport = "sctp"', 'expected one of "udp", "tcp", "tls"'),
            ('[[listener]]\ntransport = "udp"\naddress = "localhost"', "expected an IP address"),
            ('[[listener]]\ntransport = "udp"\nport = 70000', "expected a port from 0 to 65535"),
            ("[media]\nfirst_port = 2\nlast_port = 1", "expected first_port below last_port"),
            ('[media]\naddress = "here"', "media, address: found"),
            ("[media]\ncores = [4095]", "found processor 4095, expected processors of this"),
            ("[media]\ncores = [-1]", "media, cores: found processor -1"),
            ("[media]\ncores = [0, 0]", "found processor 0 twice, expected each processor once"),
            (
                "[media]\nfirst_port = 2001\nlast_port = 2002\ncores = [0]",
                "found 0 pairs of ports for 1 engine",
            ),
            ("[metrics]\nport = 0", "metrics, port: found 0, expected a port from 1"),
            ('[metrics]\naddress = "here"', "metrics, address: found"),
            ('[media]\ncodecs = ["G729"]', 'expected one of "PCMU", "PCMA", "G722", "opus"'),
            (
                '[media]\ncodecs = ["PCMU", "PCMU"]',
                "media, codecs: found PCMU, PCMU, expected each",
            ),
            ("[media]\ntranscoded_calls = -1", "media, transcoded_calls: found -1"),
            (
                '[media]\ncodecs = ["opus"]\ntranscoded_calls = 0',
                "found opus and transcoded_calls = 0, expected PCMU or PCMA",
            ),
            ("[store]\nkeep_free = -1", "store, keep_free: found -1"),
            (
                '[tls]\ncertificate = "a"\nkey = "b"\ntrust = "c"\nresponder = "ocsp.example.org"',
                'tls, responder: found "ocsp.example.org", expected an address with http://',
            ),
            ("[nodes]", 'did you mean "node"?'),
        ],
    )
    def test_is_refused_with_the_reason(self, tmp_path: Path, text: str, message: str) -> None:
        with pytest.raises(Mistake) as caught:
            load_settings(write(tmp_path, text))

        assert message in str(caught.value)

    def test_that_cannot_be_read_is_told_in_words(self, tmp_path: Path) -> None:
        (tmp_path / "umbel.toml").mkdir()

        with pytest.raises(Mistake, match="found is a directory, expected a readable text file"):
            load_settings(tmp_path / "umbel.toml")

    def test_that_is_no_text_is_told_in_words(self, tmp_path: Path) -> None:
        (tmp_path / "umbel.toml").write_bytes(b'[node]\nname = "\xff"')

        with pytest.raises(Mistake, match="bytes that are no UTF-8 text"):
            load_settings(tmp_path / "umbel.toml")

    def test_that_is_missing_is_told_with_what_to_do(self, tmp_path: Path) -> None:
        with pytest.raises(Mistake, match="umbel try"):
            load_settings(tmp_path / "none.toml")

    def test_that_is_no_text_is_told(self, tmp_path: Path) -> None:
        path = tmp_path / "umbel.toml"
        path.write_bytes(b"\xff\xfe\x00")

        with pytest.raises(Mistake, match="expected a readable text file"):
            load_settings(path)


class TestPorts:
    def test_are_the_transports_own_where_none_is_given(self) -> None:
        assert listening_port(ListenerSettings(transport=Transport.TCP)) == 5060
        assert listening_port(ListenerSettings(transport=Transport.UDP, port=0)) == 0
