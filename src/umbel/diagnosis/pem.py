"""What is in a file that should hold certificates or keys, read whole whatever it is (RFC 7468)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from umbel.core.findings import Finding, Severity

_BLOCKS: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_RULE: Final = "RFC 7468 section 2"


@dataclass(frozen=True, slots=True, kw_only=True)
class PemFile:
    """One file, and everything that was found in it."""

    name: str
    certificates: tuple[bytes, ...] = ()
    """DER, in the file's order."""
    public_keys: tuple[bytes, ...] = ()
    """Of each private key, as SubjectPublicKeyInfo. The keys themselves are forgotten at once."""
    revocation_lists: tuple[bytes, ...] = ()
    """DER."""
    findings: tuple[Finding, ...] = ()
    """What is wrong with the file itself."""


_Part = PemFile
"""What one block adds: a file with nothing but that block."""


def read_pem(name: str, octets: bytes) -> PemFile:
    """Read a file; what cannot be used is told in its findings."""
    blocks = [_read_block(name, block[1], block[0]) for block in _BLOCKS.finditer(octets)]
    return _together(name, blocks or [_part(name, _not_pem(name, octets))])


def _together(name: str, parts: Iterable[_Part]) -> PemFile:
    parts = list(parts)
    return PemFile(
        name=name,
        certificates=tuple(one for part in parts for one in part.certificates),
        public_keys=tuple(one for part in parts for one in part.public_keys),
        revocation_lists=tuple(one for part in parts for one in part.revocation_lists),
        findings=tuple(one for part in parts for one in part.findings),
    )


def _part(name: str, *findings: Finding) -> _Part:
    return PemFile(name=name, findings=findings)


def _read_block(name: str, label: bytes, block: bytes) -> _Part:
    if label.endswith(b"PRIVATE KEY"):
        return _private_key(name, block)
    try:
        match label:
            case b"CERTIFICATE" | b"X509 CERTIFICATE" | b"TRUSTED CERTIFICATE":
                der = x509.load_pem_x509_certificate(block).public_bytes(Encoding.DER)
                return PemFile(name=name, certificates=(der,))
            case b"X509 CRL":
                der = x509.load_pem_x509_crl(block).public_bytes(Encoding.DER)
                return PemFile(name=name, revocation_lists=(der,))
            case _:
                return _part(name, _of_no_use(name, label.decode("ascii").lower()))
    except ValueError as error:
        return _part(name, _damaged(name, label.decode("ascii").lower(), str(error)))


def _private_key(name: str, block: bytes) -> _Part:
    try:
        public = load_pem_private_key(block, password=None).public_key()
    except TypeError:
        return _part(name, _encrypted(name))
    except (ValueError, UnsupportedAlgorithm) as error:
        if b"ENCRYPTED" in block:
            return _part(name, _encrypted(name))
        return _part(name, _damaged(name, "private key", str(error)))
    info = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return PemFile(name=name, public_keys=(info,))


def unreadable_file(name: str, why: str) -> PemFile:
    """Say that a file could not be opened."""
    return _part(
        name,
        _error(
            "pem.unreadable",
            seen=f"{name}: {why}",
            means="Umbel cannot read it either, if it runs as the same user: it does not start "
            "TLS, and with a key missing peers hear of no credentials",
            do=f"name the right file, or let the user of the service read it: chmod 640 {name}, "
            "and its group",
        ),
    )


def _not_pem(name: str, octets: bytes) -> Finding:
    if not octets.strip():
        seen, do = "it is empty", "copy the file again"
    elif octets.startswith(b"\x30"):
        seen = "it is binary (DER or PKCS #12), not PEM"
        do = f"openssl x509 -inform DER -in {name} -out {name}.pem; or, for PKCS #12 (.pfx, .p12): "
        do += f"openssl pkcs12 -in {name} -nodes -out {name}.pem"
    elif b"-----BEGIN" in octets:
        seen, do = "a block in it has no end: it was cut off", "copy the file again, whole"
    else:
        seen, do = "it holds no PEM block", "name a file with -----BEGIN … in it"
    return _error("pem.not-pem", seen=f"{name}: {seen}", means="nothing in it can be used", do=do)


def _damaged(name: str, what: str, why: str) -> Finding:
    return _error(
        "pem.damaged",
        seen=f"{name}: its {what} cannot be read: {why}",
        means="nobody can use it",
        do="copy it again, or have it issued again",
    )


def _encrypted(name: str) -> Finding:
    return _error(
        "pem.encrypted-key",
        seen=f"{name}: the private key is encrypted with a passphrase",
        means="a service has nobody to ask for the passphrase: TLS does not start",
        do=f"openssl pkey -in {name} -out {name}.plain, then chmod 600 {name}.plain",
    )


def _of_no_use(name: str, kind: str) -> Finding:
    is_request = "request" in kind
    return Finding(
        code="pem.of-no-use",
        severity=Severity.ERROR if is_request else Severity.INFO,
        seen=f"{name}: it holds a {kind}",
        means="a request is what an authority is asked with; peers want what it answered"
        if is_request
        else "it is not used for TLS",
        do="name the certificate that the authority issued" if is_request else "nothing",
        rule=_RULE,
    )


def _error(code: str, *, seen: str, means: str, do: str) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, seen=seen, means=means, do=do, rule=_RULE)
