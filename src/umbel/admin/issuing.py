"""What an administrator does with the built-in authority, on the machine that has it."""

from collections.abc import Sequence
from pathlib import Path

from umbel.identity.certificate_request import KeyKind, RequestedNames
from umbel.identity.chain.policy import PKIX_CHAIN, ChainPolicy
from umbel.identity.ports import IssuingAuthority

from .certificates import Certificates, Installed


class Issuing:
    """Certificates from the built-in authority."""

    def __init__(self, authority: IssuingAuthority, certificates: Certificates) -> None:
        self._authority = authority
        self._certificates = certificates

    @property
    def fingerprint(self) -> str:
        """Give the SHA-256 of the authority's own certificate."""
        return self._authority.fingerprint

    def issue_here(
        self,
        names: RequestedNames,
        kind: KeyKind,
        *,
        forced: bool = False,
        readers: Sequence[ChainPolicy] = (PKIX_CHAIN,),
    ) -> Installed:
        """Give this node a new key and certificate, and put them to use if they fit."""
        self._certificates.trust_also(self._authority.root_pem)
        request = self._certificates.request(names, kind)
        return self._certificates.take_up_pem(
            self._authority.sign(request.pem), forced=forced, readers=readers
        )

    def issue_files(self, names: RequestedNames, kind: KeyKind, folder: Path) -> Sequence[Path]:
        """Make key and certificate of another node as files, for those who must carry them."""
        return self._authority.issue_files(names, kind, folder)

    def sign(self, request: bytes) -> bytes:
        """Certify a request as it stands, PEM: the administrator who hands it in has read it."""
        return self._authority.sign(request)

    def revoke(self, serial: str) -> Path:
        """Enter a certificate in the revocation list; give the list's file."""
        return self._authority.revoke(serial)

    def renew_revocation_list(self) -> Path:
        """Write the revocation list anew; give its file."""
        return self._authority.renew_revocation_list()
