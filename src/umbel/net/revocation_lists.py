"""The revocation lists that peers' certificates are looked up in, loaded from files and checked."""

import ssl
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from umbel.core.errors import Mistake

_PEM = b"-----BEGIN X509 CRL-----"


def read_revocation_lists(paths: Iterable[Path]) -> tuple[bytes, ...]:
    """Read the lists of all files, PEM or DER; give them as DER. What is none is a ``Mistake``."""
    return tuple(one.public_bytes(Encoding.DER) for path in paths for one in _lists_in(path))


def look_up_in(context: ssl.SSLContext, lists: Sequence[bytes]) -> None:
    """
    Have OpenSSL refuse a peer whose certificate is in a list, or whose issuer's list is missing.

    Without any list nothing is looked up.
    """
    if not lists:
        return
    with NamedTemporaryFile(suffix=".pem") as file:  # OpenSSL takes lists from files only.
        for one in lists:
            file.write(x509.load_der_x509_crl(one).public_bytes(Encoding.PEM))
        file.flush()
        context.load_verify_locations(file.name)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF


def _lists_in(path: Path) -> list[x509.CertificateRevocationList]:
    try:
        octets = path.read_bytes()
        if _PEM not in octets:
            return [x509.load_der_x509_crl(octets)]
        return [x509.load_pem_x509_crl(_PEM + block) for block in octets.split(_PEM)[1:]]
    except OSError as error:
        raise Mistake(
            error.strerror or str(error), expected="a revocation list", where=str(path)
        ) from error
    except ValueError as error:
        raise Mistake(
            f"something that is none ({error})",
            expected="a revocation list, PEM or DER",
            where=str(path),
            do="fetch it again from the authority that names it in its certificates",
        ) from error
