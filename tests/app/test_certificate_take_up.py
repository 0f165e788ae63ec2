"""A running node takes up a new certificate: no restart, and what lives goes on."""

import asyncio
import ssl
from contextlib import closing
from pathlib import Path

import pytest
from cryptography import x509
from tests.support.node import NodeUnderTest, node_under_test
from tests.support.pki import Authority, Credentials

from umbel.core import event_catalogue as catalogue


async def connect(
    served: NodeUnderTest, authority: Authority
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a TLS connection to the node."""
    context = ssl.create_default_context(cafile=str(authority.trust))
    return await asyncio.open_connection("127.0.0.1", served.ports["tls"], ssl=context)


def serial(writer: asyncio.StreamWriter) -> int:
    """Give the serial number of the certificate that the node showed."""
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(shown).serial_number


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The authority of the node and its peers."""
    return Authority(tmp_path / "pki")


def replace(old: Credentials, new: Credentials) -> None:
    """Put a certificate in the place of another, as ``cp`` does."""
    old.certificate.write_bytes(new.certificate.read_bytes())
    old.key.write_bytes(new.key.read_bytes())


async def test_the_next_connection_sees_the_new_certificate_and_the_living_one_goes_on(
    tmp_path: Path, authority: Authority
) -> None:
    credentials = authority.issue("127.0.0.1", "node01.umbel.test")
    async with node_under_test(
        tmp_path / "node", credentials=credentials, trust=authority.trust
    ) as served:
        _, first = await connect(served, authority)
        replace(credentials, authority.issue("node01.umbel.test", "127.0.0.1"))
        event = await served.told(catalogue.CERTIFICATE_REPLACED.number)
        _, second = await connect(served, authority)
        with closing(first), closing(second):
            assert event.fields["old_serial"] == f"{serial(first):x}"
            assert event.fields["new_serial"] == f"{serial(second):x}"
            first.write(b"\r\n\r\n")
            await first.drain()
            assert not first.is_closing()


async def test_a_broken_file_is_told_and_the_old_certificate_stays(
    tmp_path: Path, authority: Authority
) -> None:
    credentials = authority.issue("127.0.0.1", "node01.umbel.test")
    async with node_under_test(
        tmp_path / "node", credentials=credentials, trust=authority.trust
    ) as served:
        credentials.certificate.write_text("nonsense")
        event = await served.told(catalogue.CERTIFICATE_NOT_USED.number)
        _, writer = await connect(served, authority)
        with closing(writer):
            assert "something that is not PEM" in event.sentence
