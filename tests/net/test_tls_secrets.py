"""Secrets of TLS connections: for those who asked, and for nobody else."""

import ssl
from pathlib import Path

import pytest
from tests.support.authority import Authority
from tests.support.raw_peer import closing, stranger
from tests.support.sip_wire import OPTIONS, Wire, named

from umbel.sip.hop import Transport

TLS = Transport.TLS
UM, GATEWAY = "um.example.org", "gateway.example.org"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The authority that both sides trust."""
    return Authority(tmp_path)


def labels(lines: bytes) -> set[bytes]:
    """Give the labels of key log lines: label, client random, secret."""
    return {label for label, _random, _secret in map(bytes.split, lines.splitlines())}


class TestSecrets:
    @pytest.mark.parametrize(
        ("version", "label"),
        [
            (ssl.TLSVersion.TLSv1_2, b"CLIENT_RANDOM"),
            (ssl.TLSVersion.TLSv1_3, b"CLIENT_TRAFFIC_SECRET_0"),
        ],
    )
    async def test_of_each_accepted_connection_are_told_with_its_name(
        self, authority: Authority, version: ssl.TLSVersion, label: bytes
    ) -> None:
        """Two connections have two names and nothing in common."""
        told: dict[str, bytes] = {}
        server = Wire(tls=authority.identity(UM))
        server.signalling.watch_secrets(
            lambda name, lines: told.update({name: told.get(name, b"") + lines})
        )
        context = authority.client_context(GATEWAY)
        context.maximum_version = version
        async with closing(server):
            hop = await server.listen(TLS)
            async with stranger(hop, context) as (_, one), stranger(hop, context) as (_, other):
                one.write(OPTIONS)
                first = (await server.message())[1].connection
                other.write(OPTIONS)
                second = (await server.message())[1].connection

        assert set(told) == {first, second}
        assert all(label in labels(lines) for lines in told.values())
        randoms = [{line.split()[1] for line in lines.splitlines()} for lines in told.values()]
        assert [len(each) for each in randoms] == [1, 1]
        assert randoms[0] != randoms[1]

    async def test_of_opened_connections_are_the_same_as_the_peers(
        self, authority: Authority
    ) -> None:
        """Both ends of a connection derive the same secrets (RFC 8446 section 7.1)."""
        ours, theirs = bytearray(), bytearray()
        server, client = Wire(tls=authority.identity(UM)), Wire(tls=authority.identity(GATEWAY))
        server.signalling.watch_secrets(lambda _, lines: theirs.extend(lines))
        client.signalling.watch_secrets(lambda _, lines: ours.extend(lines))
        async with closing(server, client):
            await client.ask(server, named(await server.listen(TLS), UM))

        assert sorted(ours.splitlines()) == sorted(theirs.splitlines()) != []

    async def test_of_an_identity_that_came_later_are_told_too(self, authority: Authority) -> None:
        """A renewal in the middle of a trace leaves no gap."""
        told: list[bytes] = []
        server, client = Wire(tls=authority.identity(UM)), Wire(tls=authority.identity(GATEWAY))
        server.signalling.watch_secrets(lambda _, lines: told.append(lines))
        server.signalling.set_tls_identity(authority.identity(UM))
        async with closing(server, client):
            await client.ask(server, named(await server.listen(TLS), UM))

        assert told

    async def test_are_told_no_longer_once_nobody_watches(self, authority: Authority) -> None:
        """Nor are they kept: OpenSSL is not even asked for them."""
        told: list[bytes] = []
        identity = authority.identity(UM)
        server, client = Wire(tls=identity), Wire(tls=authority.identity(GATEWAY))
        server.signalling.watch_secrets(lambda _, lines: told.append(lines))
        server.signalling.watch_secrets(None)
        async with closing(server, client):
            await client.ask(server, named(await server.listen(TLS), UM))

        assert told == []
        assert identity.client_context.keylog_filename is None

    def test_are_not_logged_unless_somebody_asks(self, authority: Authority) -> None:
        """It is off where nobody has switched it on."""
        identity = authority.identity(UM)
        Wire(tls=identity)
        contexts = [identity.server_context(requires_client_certificate=it) for it in (False, True)]

        assert [it.keylog_filename for it in (*contexts, identity.client_context)] == [None] * 3
