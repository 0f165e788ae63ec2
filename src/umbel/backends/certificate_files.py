"""``identity.ports.CertificateFiles``: PEM files, replaced as a whole, the old ones kept beside."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from umbel.core.errors import Mistake
from umbel.identity.certificate_request import KeyKind, RequestedNames
from umbel.identity.ports import PemContent

from .private_keys import (
    key_as_pem,
    make_key,
    public_key_info_of,
    read_key,
    sign,
    write_secret,
    write_together,
    write_whole,
)
from .signing_requests import make_request

_DER = b"\x30"
"""How DER begins, which some authorities hand out in place of PEM."""


class PemFiles:
    """Certificates and private keys on this machine."""

    def read(self, path: Path) -> PemContent:
        """Read certificates, PEM or DER, and the public half of a private key."""
        octets = _octets(path)
        content = PemContent(
            certificates=_certificates(octets, path), public_key=_public_key(octets, path)
        )
        if not content.certificates and content.public_key is None:
            raise Mistake(
                "neither a certificate nor a private key",
                expected="PEM or DER",
                where=str(path),
                do="openssl pkcs12 -in FILE -out OTHER -nodes turns PKCS #12 into PEM",
            )
        return content

    def parse(self, pem: bytes) -> tuple[bytes, ...]:
        """Give the certificates of a PEM text, DER."""
        return _certificates(pem, Path("PEM"))

    def request(self, key: Path, kind: KeyKind, names: RequestedNames) -> bytes:
        """Make a private key that only its owner can read, and ask for its certificate."""
        made = make_key(kind)
        request = make_request(made, names)
        with _told(key):
            write_secret(key, key_as_pem(made))
        return request

    def request_again(self, key: Path, names: RequestedNames) -> bytes:
        """Ask for another certificate of the key that is there."""
        return make_request(read_key(_octets(key), str(key)), names)

    def prove(self, key: Path, message: bytes) -> str:
        """Sign *message* with a private key; hexadecimal."""
        return sign(read_key(_octets(key), str(key)), message).hex()

    def take_up(self, *, certificate: Path, chain: bytes, key: Path, new_key: Path | None) -> None:
        """Put a chain and its key in place; the two old files stay beside them."""
        fresh = [(certificate, chain, 0o644)]
        if new_key is not None and new_key != key:
            fresh.append((key, _octets(new_key), 0o600))
        with _told(certificate):
            for path, _, mode in fresh:
                if path.exists():
                    write_whole(path.with_name(f"{path.name}.old"), path.read_bytes(), mode=mode)
            write_together(fresh)
            if new_key is not None and new_key.name == f"{key.name}.new":
                new_key.unlink()

    def write(self, path: Path, content: bytes) -> None:
        """Write what is no secret."""
        with _told(path):
            write_whole(path, content)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Tell of a file that cannot be written as a person's mistake."""
    try:
        yield
    except OSError as error:
        raise Mistake(
            error.strerror or str(error),
            expected="a place that may be written to",
            where=str(error.filename or path),
        ) from error


def _octets(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Mistake(
            error.strerror or str(error), expected="a file with a certificate", where=str(path)
        ) from error


def _certificates(octets: bytes, path: Path) -> tuple[bytes, ...]:
    if octets.startswith(_DER):
        return (octets,)
    if b"-----BEGIN CERTIFICATE-----" not in octets:
        return ()
    try:
        read = x509.load_pem_x509_certificates(octets)
    except ValueError as error:
        raise Mistake(str(error), expected="certificates in PEM", where=str(path)) from error
    return tuple(one.public_bytes(serialization.Encoding.DER) for one in read)


def _public_key(octets: bytes, path: Path) -> bytes | None:
    if b"PRIVATE KEY-----" not in octets:
        return None
    try:
        return public_key_info_of(serialization.load_pem_private_key(octets, None))
    except TypeError as error:
        raise Mistake(
            "a key that is encrypted with a passphrase",
            expected="a private key without one",
            where=str(path),
            do=f"openssl pkey -in {path} -out {path}.plain, readable for Umbel only",
        ) from error
    except ValueError as error:
        raise Mistake(str(error), expected="a private key in PEM", where=str(path)) from error
