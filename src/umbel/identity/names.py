"""The names that a certificate presents, exactly as presented (RFC 5280 section 4.2.1.6)."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedNames:
    """Every name that may identify a SIP peer, by kind, in the certificate's order."""

    uris: tuple[str, ...] = ()
    dns_names: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()
    common_names: tuple[str, ...] = ()

    @property
    def hosts(self) -> tuple[str, ...]:
        """
        Give the hosts that they name: SIP domains, DNS names, IP addresses, then common names.

        A SIP URI with a user part names a person, not a host (RFC 5922 section 7.1).
        """
        found = (*self._sip_domains(), *self.dns_names, *self.ip_addresses, *self.common_names)
        return tuple(dict.fromkeys(name.lower() for name in found))

    def _sip_domains(self) -> tuple[str, ...]:
        rests = (uri[4:] for uri in self.uris if uri.lower().startswith("sip:"))
        return tuple(rest for rest in rests if rest and "@" not in rest)


def presented_names(certificate: bytes) -> PresentedNames:
    """Read the names of a DER certificate; one that cannot be read presents none."""
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        common = parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        alternative = _alternative_names(parsed)
    except ValueError:
        return PresentedNames()
    return PresentedNames(
        uris=tuple(alternative.get_values_for_type(x509.UniformResourceIdentifier)),
        dns_names=tuple(alternative.get_values_for_type(x509.DNSName)),
        ip_addresses=tuple(str(ip) for ip in alternative.get_values_for_type(x509.IPAddress)),
        common_names=tuple(str(attribute.value) for attribute in common),
    )


def _alternative_names(certificate: x509.Certificate) -> x509.SubjectAlternativeName:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return x509.SubjectAlternativeName([])
    return extension.value
