"""This node's TLS identity: certificate, key and trust anchors, loaded from files and checked."""

import errno
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from umbel.core.errors import Mistake

from .client_verdict import ClientJudge
from .revocation_lists import look_up_in, read_revocation_lists
from .tls_observation import observe


class TlsIdentity:
    """What this node shows to TLS peers, and whom it believes. Never changed: load another."""

    def __init__(
        self,
        certificates: Sequence[x509.Certificate],
        files: tuple[Path, Path, Path],
        revocation_lists: Sequence[bytes],
    ) -> None:
        self.chain = tuple(one.public_bytes(Encoding.DER) for one in certificates)
        """DER, the node's own certificate first."""
        self.trust: tuple[bytes, ...] = ()
        """The authorities whose word counts, DER."""
        self.revocation_lists = tuple(revocation_lists)
        """Where peers' certificates are looked up, DER."""
        self._files = files
        self._accepting = self._server_context(ssl.CERT_OPTIONAL)
        self._accepting_strictly = self._server_context(ssl.CERT_REQUIRED)
        self.judge = ClientJudge(self._accepting_strictly, self._accepting)
        """Says what the certificates of clients are worth that lenient listeners accepted."""
        self.client_context = self._equipped(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        """For opened connections: the server's chain is verified here, its name by our rule."""
        self.client_context.check_hostname = False

    @classmethod
    def load(
        cls, *, certificate: Path, key: Path, trust: Path, revocation_lists: Sequence[Path] = ()
    ) -> Self:
        """Load PEM files: the certificate with its intermediates, its key, the authorities.

        The key may be in the certificate's file. What does not fit together is a ``Mistake``.
        """
        certificates = _read_certificates(certificate, "the node's certificate")
        anchors = _read_certificates(trust, "the authorities that peers' certificates come from")
        _check_key(key, certificate, certificates)
        lists = read_revocation_lists(revocation_lists)
        identity = cls(certificates, (certificate, key, trust), lists)
        identity.trust = tuple(one.public_bytes(Encoding.DER) for one in anchors)
        return identity

    def server_context(self, *, requires_client_certificate: bool) -> ssl.SSLContext:
        """Give the context for accepted connections; a client's certificate is always asked for.

        The lenient one lets nearly everybody in: what a certificate is worth, ``judge`` says.
        """
        return self._accepting_strictly if requires_client_certificate else self._accepting

    def log_secrets_to(self, path: str | None) -> None:
        """Append the secrets of every handshake from now on to a file; ``None``: to none."""
        for context in (self._accepting, self._accepting_strictly, self.client_context):
            # Python takes None, which typeshed does not know.
            context.keylog_filename = path  # type: ignore[assignment]

    def _server_context(self, verify: ssl.VerifyMode) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.verify_mode = verify
        # Each connection is to be verified and reported in full, so no tickets are given out. A
        # TLS 1.2 client may still resume by session identifier: Python has no switch for that.
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
        return self._equipped(context)

    def _equipped(self, context: ssl.SSLContext) -> ssl.SSLContext:
        certificate, key, trust = self._files
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
        try:
            context.load_cert_chain(certificate, key)
            context.load_verify_locations(trust)
            look_up_in(context, self.revocation_lists)
        except ssl.SSLError as error:
            raise Mistake(
                f"something that OpenSSL refuses ({_reason(error)})",
                expected="a certificate and key strong enough for this machine's OpenSSL policy",
                where=str(certificate),
                do="ask the authority for a certificate with SHA-256 and RSA 2048 or EC P-256",
            ) from error
        observe(context)
        return context


def _read_certificates(path: Path, what: str) -> list[x509.Certificate]:
    """Read every certificate of a PEM file; at least one is there."""
    octets = _read(path, what)
    try:
        return x509.load_pem_x509_certificates(octets)
    except ValueError as error:
        raise Mistake(
            _seems(octets), expected=f"{what} in PEM", where=str(path), do=_how_to_pem(octets, path)
        ) from error


def _check_key(key: Path, certificate: Path, certificates: Sequence[x509.Certificate]) -> None:
    """Make sure that the key can be read and is the one of the first certificate."""
    octets = _read(key, "the private key")
    try:
        public = load_pem_private_key(octets, password=None).public_key()
    except TypeError as error:
        raise Mistake(
            "a key that is encrypted with a passphrase",
            expected="a private key without one",
            where=str(key),
            do=f"openssl pkey -in {key} -out {key}.plain, readable for Umbel only",
        ) from error
    except ValueError as error:
        raise Mistake(_seems(octets), expected="a private key in PEM", where=str(key)) from error
    wanted = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    fits = [wanted == _public_key(one) for one in certificates]
    if fits[0]:
        return
    raise Mistake(
        f"a key that does not fit the first certificate ({certificates[0].subject.rfc4514_string()})",
        expected=f"the key of {certificate}",
        where=str(key),
        do="put the node's own certificate first in the file, its issuers after it"
        if any(fits)
        else "name the key that the certificate was requested with",
    )


def _public_key(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        found = "no such file" if error.errno == errno.ENOENT else error.strerror or str(error)
        raise Mistake(found, expected=what, where=str(path)) from error


def _seems(octets: bytes) -> str:
    """Say what a file that is not the expected PEM seems to be."""
    if not octets.strip():
        return "an empty file"
    if octets.startswith(b"\x30"):
        return "binary data (DER or PKCS #12)"
    for line in octets.splitlines():
        if line.startswith(b"-----BEGIN "):
            return f"PEM that holds {line.strip(b'- ').decode('ascii', 'replace')[6:].lower()}"
    return "something that is not PEM"


def _how_to_pem(octets: bytes, path: Path) -> str:
    if not octets.startswith(b"\x30"):
        return ""
    return f"openssl x509 -in {path} -out {path}.pem, or openssl pkcs12 -in {path} for PKCS #12"


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or str(error)).lower().replace("_", " ")
