"""Whether signatures and keys are of a kind and size that the reader takes."""

from collections.abc import Iterator
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import SignatureAlgorithmOID

from umbel.core.findings import Finding

from .certificate import Certificate
from .whose import Reading

_BROKEN: Final = ("md2", "md5")
_USUAL_CURVES: Final = ("secp256r1", "secp384r1", "secp521r1")
_SIGNATURES = "RFC 5280 section 4.1.1.2"
_KEYS = "RFC 5280 section 4.1.2.7"
_BETTER: Final = "signed with SHA-256"


def signature_findings(certificate: Certificate, reading: Reading) -> Iterator[Finding]:
    """Say whether the way in which a certificate was signed is one that the reader takes."""
    name = reading.whose.certificate(certificate)
    digest = _digest(certificate)
    if certificate.parsed.signature_algorithm_oid == SignatureAlgorithmOID.RSASSA_PSS:
        yield from _pss(name, reading)
    if digest is None:
        yield _unknown_algorithm(certificate, name, reading)
    elif digest in _BROKEN:
        yield reading.error(
            "broken-signature-algorithm",
            f"{name} is signed with {digest.upper()}, which anybody can forge",
            do=reading.whose.new_certificate.format(_BETTER),
            rule="RFC 6151 section 2",
        )
    elif digest == "sha1":
        yield _sha1(name, reading)


def _digest(certificate: Certificate) -> str | None:
    """Name the hash of a signature; empty: it needs none; ``None``: unknown."""
    try:
        digest = certificate.parsed.signature_hash_algorithm
    except (UnsupportedAlgorithm, ValueError):
        return None
    return "" if digest is None else digest.name


def _unknown_algorithm(certificate: Certificate, name: str, reading: Reading) -> Finding:
    identifier = certificate.parsed.signature_algorithm_oid.dotted_string
    return reading.warning(
        "unknown-signature-algorithm",
        f"{name} is signed by the unknown algorithm {identifier}",
        means="whoever does not know it either refuses the certificate",
        do=reading.whose.new_certificate.format(_BETTER),
        rule=_SIGNATURES,
    )


def _pss(name: str, reading: Reading) -> Iterator[Finding]:
    if not reading.policy.accepts_pss:
        yield reading.error(
            "rsassa-pss",
            f"{name} is signed with RSASSA-PSS",
            means=f"{reading.policy.reader} does not support it: calls and logons fail strangely",
            do=reading.whose.new_certificate.format("signed with RSA in the form of PKCS #1 v1.5"),
            rule=reading.policy.source,
        )


def _sha1(name: str, reading: Reading) -> Finding:
    cure = reading.whose.new_certificate.format(_BETTER)
    seen = f"{name} is signed with SHA-1"
    if reading.policy.accepts_sha1:
        means = f"{reading.policy.reader} takes it; peers on a current OpenSSL refuse it"
        return reading.warning("sha1", seen, means=means, do=cure, rule="RFC 6194 section 3")
    return reading.error("sha1", seen, do=cure, rule=reading.policy.source)


def key_findings(certificate: Certificate, reading: Reading) -> Iterator[Finding]:
    """Say whether a certificate's key is of a kind and size that the reader takes."""
    name = reading.whose.certificate(certificate)
    match certificate.public_key:
        case rsa.RSAPublicKey() as key:
            yield from _rsa(key.key_size, name, reading)
        case ec.EllipticCurvePublicKey() as key:
            yield from _elliptic(key.curve.name, name, reading)
        case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey():
            yield _unusual(f"{name} has an Edwards-curve key", reading)
        case dsa.DSAPublicKey():
            yield _impossible("DSA", name, reading)
        case None:
            yield _impossible("of an unknown kind, or broken", name, reading)
        case _:
            yield _impossible("of a kind that cannot sign", name, reading)


def _rsa(bits: int, name: str, reading: Reading) -> Iterator[Finding]:
    policy = reading.policy
    seen = f"{name} has an RSA key of {bits} bits"
    cure = reading.whose.new_certificate.format("with an RSA key of 2048 bits")
    if bits < policy.least_rsa_bits:
        yield reading.error("short-key", seen, do=cure, rule=policy.source)
    elif bits < 2048:
        means = f"{policy.reader} takes it; peers on a current OpenSSL refuse it"
        yield reading.warning("short-key", seen, means=means, do=cure, rule="NIST SP 800-131A")
    elif policy.documented_rsa_bits and bits not in policy.documented_rsa_bits:
        sizes = ", ".join(map(str, policy.documented_rsa_bits))
        means = f"the documents of {policy.reader} name {sizes} bits only"
        yield reading.info("unusual-key-size", seen, means=means, do=cure, rule=policy.source)


def _elliptic(curve: str, name: str, reading: Reading) -> Iterator[Finding]:
    if curve not in _USUAL_CURVES:
        yield _unusual(f"{name} has a key on the curve {curve}", reading)
    elif not reading.policy.knows_elliptic_curves:
        yield reading.info(
            "elliptic-key",
            f"{name} has a key on the curve {curve}",
            means=f"the documents of {reading.policy.reader} name RSA keys only",
            do="if TLS fails: "
            + reading.whose.new_certificate.format("with an RSA key of 2048 bits"),
            rule=reading.policy.source,
        )


def _unusual(seen: str, reading: Reading) -> Finding:
    return reading.warning(
        "unusual-key",
        seen,
        means="many SIP peers do not know such keys, and the handshake fails with them",
        do=reading.whose.new_certificate.format("with a key on P-256 or an RSA key of 2048 bits"),
        rule="RFC 8446 section 9.1",
    )


def _impossible(kind: str, name: str, reading: Reading) -> Finding:
    return reading.error(
        "unusable-key",
        f"the key of {name} is {kind}",
        do=reading.whose.new_certificate.format("with a key on P-256 or an RSA key of 2048 bits"),
        rule=_KEYS,
    )
