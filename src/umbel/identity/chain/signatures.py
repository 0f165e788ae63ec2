"""Whether one certificate was signed with the key of another (RFC 5280 section 6.1.3, step a)."""

from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

from .certificate import Certificate


class Signature(StrEnum):
    """What is known of a signature."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "of a kind that cannot be checked here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What was signed, and how."""

    covered: bytes
    """The bytes that the signature is about."""
    signature: bytes
    how: padding.PKCS1v15 | padding.PSS | ec.ECDSA | None
    """``None`` where the algorithm leaves no choice, or is not known here."""
    digest: hashes.HashAlgorithm | None


def check_signature(certificate: Certificate, issuer: Certificate) -> Signature:
    """Check the signature on *certificate* with the key of *issuer*, names left aside."""
    try:
        parsed = certificate.parsed
        signed = Signed(
            covered=parsed.tbs_certificate_bytes,
            signature=parsed.signature,
            how=parsed.signature_algorithm_parameters,
            digest=parsed.signature_hash_algorithm,
        )
    except (UnsupportedAlgorithm, TypeError, ValueError):
        return Signature.UNKNOWN
    return check_signed(signed, issuer)


def check_signed(signed: Signed, signer: Certificate) -> Signature:
    """Check that what was signed was signed with the key of *signer*."""
    try:
        return _verified(signed, signer)
    except InvalidSignature:
        return Signature.BAD
    except (UnsupportedAlgorithm, TypeError, ValueError):
        return Signature.UNKNOWN


def _verified(signed: Signed, signer: Certificate) -> Signature:
    """Verify, or raise; a key that cannot have made this kind of signature has not made it."""
    octets, covered = signed.signature, signed.covered
    match signer.public_key, signed.how, signed.digest:
        case None, _, _:
            return Signature.UNKNOWN
        case rsa.RSAPublicKey(), None, digest if digest is not None:
            return Signature.UNKNOWN  # MD5: the library names the digest and not the padding.
        case rsa.RSAPublicKey() as key, padding.PKCS1v15() | padding.PSS() as how, digest if digest:
            key.verify(octets, covered, how, digest)
        case ec.EllipticCurvePublicKey() as key, ec.ECDSA() as how, _:
            key.verify(octets, covered, how)
        case (ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey()) as key, None, None:
            key.verify(octets, covered)
        case _:
            return Signature.BAD
    return Signature.GOOD
