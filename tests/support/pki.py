"""Certificates for tests, from an authority of their own."""

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """One certificate as files."""

    certificate: Path
    key: Path
    both: Path
    """Certificate and key in one file, as phones want it."""


class Authority:
    """A certificate authority whose files are in one folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._authority = trustme.CA(organization_name="Umbel tests")
        self.trust = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(self.trust)

    def issue(self, *names: str, common_name: str | None = None) -> Credentials:
        """Issue a certificate for *names* (host names or IP addresses)."""
        issued = self._authority.issue_cert(*names, common_name=common_name or names[0])
        stem = (common_name or names[0]).replace("*", "wildcard")
        made = Credentials(
            certificate=self._folder / f"{stem}.crt",
            key=self._folder / f"{stem}.key",
            both=self._folder / f"{stem}.pem",
        )
        made.certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(made.key)
        issued.private_key_and_cert_chain_pem.write_to_path(made.both)
        return made
