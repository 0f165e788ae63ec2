"""How a diagnosis speaks TLS: with less than a node has, and without hanging up where a node would."""

import ssl
from pathlib import Path

from umbel.core.errors import Mistake

from .tls_identity import TlsIdentity
from .tls_observation import observe


class ProbeIdentity(TlsIdentity):
    """An identity to open connections with; it may lack a certificate, and may refuse nobody."""

    def __init__(
        self,
        *,
        certificate: Path | None = None,
        key: Path | None = None,
        trust: Path | None = None,
        refuses: bool = True,
    ) -> None:
        """
        Load what there is.

        Without *trust* this machine's authorities are believed. Unless it *refuses*, no chain is
        judged.
        """
        self.chain = ()
        self.client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.client_context.check_hostname = False
        if not refuses:
            self.client_context.verify_mode = ssl.CERT_NONE
        self.client_context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            if certificate is not None:
                self.client_context.load_cert_chain(certificate, key)
            if trust is not None:
                self.client_context.load_verify_locations(trust)
            else:
                self.client_context.load_default_certs()
        except (ssl.SSLError, OSError) as error:
            raise Mistake(
                str(error),
                expected="a certificate, its key and authorities that TLS can use",
                where=", ".join(str(path) for path in (certificate, key, trust) if path),
                do="see what is wrong with them: umbel diagnose FILE FILE",
            ) from error
        self.trust = tuple(self.client_context.get_ca_certs(binary_form=True))
        observe(self.client_context)

    def log_secrets_to(self, path: str | None) -> None:
        """Log nothing: what a diagnosis sends is no secret."""
