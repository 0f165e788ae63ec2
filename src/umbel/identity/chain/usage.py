"""What certificates may be used for: the leaf in its role, the authorities for issuing."""

from collections.abc import Iterator
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from umbel.core.findings import Finding

from .certificate import Certificate
from .path import Path
from .policy import CLIENT_AUTHENTICATION, SERVER_AUTHENTICATION
from .whose import Reading

_IDENTIFIERS: Final = {
    SERVER_AUTHENTICATION: ExtendedKeyUsageOID.SERVER_AUTH,
    CLIENT_AUTHENTICATION: ExtendedKeyUsageOID.CLIENT_AUTH,
}
_EXTENDED = "RFC 5280 section 4.2.1.12"
_KEY_USAGE = "RFC 5280 section 4.2.1.3"
_BASIC = "RFC 5280 section 4.2.1.9"


def leaf_usage_findings(leaf: Certificate, reading: Reading) -> Iterator[Finding]:
    """Say whether a certificate may be used for what it is used for."""
    yield from _leaf_key_usage(leaf, reading)
    yield from _leaf_extended_usage(leaf, reading)
    constraints = leaf.find(x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        yield reading.warning(
            "leaf-is-authority",
            f"{reading.whose.certificate(leaf)} is the certificate of an authority",
            means="who gets hold of its key can issue certificates; some peers refuse it",
            do=reading.whose.new_certificate.format("that is no authority's"),
            rule=_BASIC,
        )


def _leaf_key_usage(leaf: Certificate, reading: Reading) -> Iterator[Finding]:
    usage = leaf.find(x509.KeyUsage)
    if usage is None or usage.digital_signature:
        return
    seen = f"the key usage of {reading.whose.certificate(leaf)} lacks digitalSignature"
    cure = reading.whose.new_certificate.format("with the key usage digitalSignature")
    if usage.key_encipherment and isinstance(leaf.public_key, rsa.RSAPublicKey):
        means = "only TLS 1.2 with the exchange of keys by RSA is left; others fail"
        yield reading.warning("key-usage", seen, means=means, do=cure, rule=_KEY_USAGE)
    else:
        yield reading.error("key-usage", seen, do=cure, rule=_KEY_USAGE)


def _leaf_extended_usage(leaf: Certificate, reading: Reading) -> Iterator[Finding]:
    usages = leaf.find(x509.ExtendedKeyUsage)
    if usages is None:
        return
    if _IDENTIFIERS[reading.usage] not in usages:
        yield _lacks_usage(leaf, usages, reading)
    elif ExtendedKeyUsageOID.CLIENT_AUTH not in usages and reading.is_lenient_with_clients:
        yield reading.info(
            "no-client-authentication",
            f"{reading.whose.certificate(leaf)} lacks {CLIENT_AUTHENTICATION}",
            means=f"{reading.policy.reader} does not ask for it; stricter peers refuse it",
            do=reading.whose.new_certificate.format(
                f"with {SERVER_AUTHENTICATION} and {CLIENT_AUTHENTICATION}"
            ),
            rule=reading.policy.source,
        )


def _lacks_usage(leaf: Certificate, usages: x509.ExtendedKeyUsage, reading: Reading) -> Finding:
    listed = ", ".join(_usage_name(one) for one in usages)
    return reading.error(
        "extended-key-usage",
        f"{reading.whose.certificate(leaf)} is for {listed} only, and {reading.usage} is needed",
        do=reading.whose.new_certificate.format(
            f"with {SERVER_AUTHENTICATION} and {CLIENT_AUTHENTICATION}"
        ),
        rule=f"{_EXTENDED}; {reading.policy.source}",
    )


def _usage_name(identifier: x509.ObjectIdentifier) -> str:
    names = {one: name for name, one in _IDENTIFIERS.items()}
    if identifier == ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE:
        return "anyExtendedKeyUsage"
    return names.get(identifier, identifier.dotted_string)


def issuer_findings(path: Path, reading: Reading) -> Iterator[Finding]:
    """Say whether those who issued the certificates of a path were allowed to."""
    for position, (_, issuer) in enumerate(path.issued):
        is_anchor = path.is_trusted and issuer is path.last
        yield from _authority(issuer, reading, is_anchor=is_anchor)
        yield from _path_length(path, position, issuer, reading)
        yield from _issuer_extended_usage(issuer, reading)


def _authority(issuer: Certificate, reading: Reading, *, is_anchor: bool) -> Iterator[Finding]:
    constraints, usage = issuer.find(x509.BasicConstraints), issuer.find(x509.KeyUsage)
    if not (constraints.ca if constraints is not None else is_anchor):
        yield reading.error(
            "issuer-is-no-authority",
            f"{reading.whose.issuer(issuer)} is not marked as an authority",
            do=reading.whose.new_certificate.format("from a real authority"),
            rule=_BASIC,
        )
    if usage is not None and not usage.key_cert_sign:
        yield reading.error(
            "issuer-may-not-sign",
            f"the key usage of {reading.whose.issuer(issuer)} lacks keyCertSign",
            do=reading.whose.new_certificate.format("from an authority that may sign"),
            rule=_KEY_USAGE,
        )


def _path_length(
    path: Path, position: int, issuer: Certificate, reading: Reading
) -> Iterator[Finding]:
    constraints = issuer.find(x509.BasicConstraints)
    limit = constraints.path_length if constraints is not None else None
    below = [one for one in path.certificates[1 : position + 1] if not one.is_self_issued]
    if limit is not None and len(below) > limit:
        yield reading.error(
            "path-too-long",
            f"{reading.whose.issuer(issuer)} allows {limit} authorities below it, and there are "
            f"{len(below)}: {', '.join(map(str, below))}",
            do=reading.whose.new_certificate.format(f"issued nearer to {issuer}"),
            rule=_BASIC,
        )


def _issuer_extended_usage(issuer: Certificate, reading: Reading) -> Iterator[Finding]:
    usages = issuer.find(x509.ExtendedKeyUsage)
    if usages is None or _IDENTIFIERS[reading.usage] in usages:
        return
    yield reading.error(
        "issuer-usage",
        f"{reading.whose.issuer(issuer)} may issue for {', '.join(map(_usage_name, usages))} only, "
        f"and {reading.usage} is needed",
        do=reading.whose.new_certificate.format(f"from an authority for {reading.usage}"),
        rule=f"{_EXTENDED}; {reading.policy.source}",
    )


def unknown_critical_findings(certificate: Certificate, reading: Reading) -> Iterator[Finding]:
    """Say which extensions must be understood and are not (RFC 5280 section 4.2)."""
    for extension in certificate.extensions:
        if extension.critical and isinstance(extension.value, x509.UnrecognizedExtension):
            yield reading.error(
                "unknown-critical-extension",
                f"{reading.whose.certificate(certificate)} has the critical extension "
                f"{extension.oid.dotted_string}, which is unknown",
                do=reading.whose.new_certificate.format("without it"),
                rule="RFC 5280 section 4.2",
            )
