"""Certificates for tests: authorities of their own, and TLS identities in files."""

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

import trustme

from umbel.net.tls_identity import TlsIdentity

PAST = datetime(2001, 9, 9, tzinfo=UTC)


@dataclass(slots=True)
class Authority:
    """A certificate authority that issues identities, into a folder of its own in *folder*."""

    folder: Path
    ca: trustme.CA = field(default_factory=trustme.CA)
    issued: int = 0

    def __post_init__(self) -> None:
        self.folder = Path(mkdtemp(dir=self.folder))

    def identity(
        self, *names: str, trusts: "Authority | None" = None, expires: datetime | None = None
    ) -> TlsIdentity:
        """Issue a certificate for *names* and load it; peers are trusted as *trusts* says."""
        certificate, key = self.files(*names, expires=expires)
        trust = (trusts or self).trust_file()
        return TlsIdentity.load(certificate=certificate, key=key, trust=trust)

    def files(self, *names: str, expires: datetime | None = None) -> tuple[Path, Path]:
        """Issue a certificate for *names*; give the files of certificate and key."""
        self.issued += 1
        issued = self._issue(names, expires)
        certificate = self.folder / f"certificate-{self.issued}.pem"
        key = self.folder / f"key-{self.issued}.pem"
        certificate.write_bytes(b"".join(one.bytes() for one in issued.cert_chain_pems))
        key.write_bytes(issued.private_key_pem.bytes())
        return certificate, key

    def trust_file(self) -> Path:
        """Give the file with the authority's own certificate."""
        path = self.folder / "authority.pem"
        self.ca.cert_pem.write_to_path(str(path))
        return path

    def client_context(self, *names: str) -> ssl.SSLContext:
        """Make a plain client's context, with a certificate where names are given."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.ca.configure_trust(context)
        if names:
            self.ca.issue_cert(*names).configure_cert(context)
        return context

    def server_context(self, *names: str) -> ssl.SSLContext:
        """Make a plain server's context that requires a certificate of this authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
        self.ca.issue_cert(*names).configure_cert(context)
        return context

    def _issue(self, names: tuple[str, ...], expires: datetime | None) -> trustme.LeafCert:
        if expires is None:
            return self.ca.issue_cert(*names)
        begins = expires - timedelta(days=30)
        return self.ca.issue_cert(*names, not_before=begins, not_after=expires)
