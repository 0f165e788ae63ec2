"""What ``admin`` and ``app`` ask of the files and the authority behind a node's certificate.

Every method may raise ``Mistake`` for what a person put there, naming the file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .certificate_facts import CertificateFacts
from .certificate_request import KeyKind, RequestedNames


@dataclass(frozen=True, slots=True, kw_only=True)
class PemContent:
    """What stands in a file."""

    certificates: tuple[bytes, ...] = ()
    """DER, in the file's order."""
    public_key: bytes | None = None
    """Of the private key in it, as SubjectPublicKeyInfo; ``None``: there is none."""


class CertificateFiles(Protocol):
    """Certificates and private keys as files of this machine. A key is never handed out."""

    def read(self, path: Path) -> PemContent:
        """Read a file that holds certificates, a private key, or both."""
        ...

    def parse(self, pem: bytes) -> tuple[bytes, ...]:
        """Give the certificates of a PEM text, DER."""
        ...

    def request(self, key: Path, kind: KeyKind, names: RequestedNames) -> bytes:
        """Make a new private key in the file *key*, and ask for its certificate; PEM."""
        ...

    def request_again(self, key: Path, names: RequestedNames) -> bytes:
        """Ask for another certificate of the key that is there; PEM."""
        ...

    def prove(self, key: Path, message: bytes) -> str:
        """Sign *message* with a private key; hexadecimal."""
        ...

    def take_up(self, *, certificate: Path, chain: bytes, key: Path, new_key: Path | None) -> None:
        """
        Put a chain, PEM, in the place of *certificate*, and *new_key* in the place of *key*.

        Each old file stays beside the new one, with ``.old`` at the end of its name.
        """
        ...

    def write(self, path: Path, content: bytes) -> None:
        """Write what is no secret."""
        ...


class IssuingAuthority(Protocol):
    """The built-in authority, on the machine that has it."""

    @property
    def fingerprint(self) -> str:
        """Give the SHA-256 of its own certificate, in hexadecimal."""
        ...

    @property
    def root_pem(self) -> bytes:
        """Give its own certificate, PEM."""
        ...

    def sign(self, request: bytes, *, names: RequestedNames | None = None) -> bytes:
        """
        Certify the key of a request, PEM; give the chain that its node presents, PEM.

        *names*: what it may be called, whatever it asks for; ``None``: as it asks.
        """
        ...

    def issue_files(self, names: RequestedNames, kind: KeyKind, folder: Path) -> Sequence[Path]:
        """Make a key and its certificate as files in *folder*, and give them."""
        ...

    def names_in(self, request: bytes) -> RequestedNames:
        """Give the names that a request, PEM, asks for; its signature proves its key."""
        ...

    def recognise(self, certificate: bytes, message: bytes, proof: str) -> CertificateFacts | str:
        """
        Give the facts of a certificate, PEM, of its own whose key made *proof* of *message*.

        Or the reason why it is not recognised.
        """
        ...

    def revoke(self, serial: str) -> Path:
        """Enter a certificate, by its serial number in hexadecimal; give the list's file."""
        ...

    def renew_revocation_list(self) -> Path:
        """Write the list anew; give its file."""
        ...


def chain_of(contents: Sequence[PemContent]) -> tuple[bytes, ...]:
    """Give the certificates of several files as one chain."""
    return tuple(der for content in contents for der in content.certificates)
