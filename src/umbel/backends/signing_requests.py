"""Certificate signing requests (RFC 2986): made by a node, read by an authority."""

import ipaddress

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from umbel.core.errors import Mistake
from umbel.identity.certificate_request import RequestedNames

from .private_keys import SigningKey, digest_for

BOTH_ROLES = x509.ExtendedKeyUsage(
    [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
)
"""A SIP peer is server and client."""

_LONGEST_COMMON_NAME = 64


def make_request(key: SigningKey, names: RequestedNames) -> bytes:
    """Ask for a certificate of *key* with these names and both roles of TLS; PEM."""
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(subject(names.common_name))
        .add_extension(alternative_names(names), critical=False)
        .add_extension(leaf_usage(key.public_key()), critical=True)
        .add_extension(BOTH_ROLES, critical=False)
        .sign(key, digest_for(key))
    )
    return request.public_bytes(serialization.Encoding.PEM)


def read_request(pem: bytes, where: str) -> x509.CertificateSigningRequest:
    """Read a request whose signature proves that its sender has the key."""
    try:
        request = x509.load_pem_x509_csr(pem)
        is_genuine = request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Mistake(
            str(error), expected="a certificate signing request in PEM", where=where
        ) from error
    if not is_genuine:
        raise Mistake(
            "a request whose signature is not that of its key",
            expected="a request as its node made it",
            where=where,
            do="umbel certificate request makes another",
        )
    return request


def requested_names(request: x509.CertificateSigningRequest, where: str) -> RequestedNames:
    """Give the names that a request asks for; others than DNS names and addresses are refused."""
    common = [str(one.value) for one in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    try:
        value = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        alternative: list[x509.GeneralName] = list(value)
    except x509.ExtensionNotFound:
        alternative = []
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise Mistake(
            f"extensions that cannot be read ({error})",
            expected="a request as RFC 2986 has it",
            where=where,
            do="umbel certificate request makes such a request",
        ) from error
    dns = [one.value for one in alternative if isinstance(one, x509.DNSName)]
    addresses = [str(one.value) for one in alternative if isinstance(one, x509.IPAddress)]
    if len(common) != 1 or len(dns) + len(addresses) != len(alternative):
        raise Mistake(
            f"{len(common)} common names and {len(alternative)} alternative names",
            expected="one common name, and only DNS names and addresses as alternative names",
            where=where,
            do="umbel certificate request makes such a request",
        )
    return RequestedNames.of_node(common[0], dns, addresses)


def subject(common_name: str) -> x509.Name:
    """Give a subject that is a common name only."""
    if len(common_name) > _LONGEST_COMMON_NAME:
        raise Mistake(
            f"{common_name}, of {len(common_name)} characters",
            expected=f"a common name of at most {_LONGEST_COMMON_NAME} (RFC 5280, appendix A.1)",
            where="certificate",
            do="give the node a shorter name in [node]",
        )
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def alternative_names(names: RequestedNames) -> x509.SubjectAlternativeName:
    """Give the names as a subjectAltName extension."""
    addresses = (x509.IPAddress(ipaddress.ip_address(one)) for one in names.ip_addresses)
    return x509.SubjectAlternativeName([*map(x509.DNSName, names.dns_names), *addresses])


def leaf_usage(key: CertificatePublicKeyTypes) -> x509.KeyUsage:
    """Give the key usage of a TLS peer: it signs handshakes; only RSA may take keys (RFC 8813)."""
    taking = ("key_encipherment",) if isinstance(key, rsa.RSAPublicKey) else ()
    return key_usage("digital_signature", *taking)


def key_usage(*granted: str) -> x509.KeyUsage:
    """Give a key usage that grants these fields and no other."""
    fields = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{field: field in granted for field in fields})
