"""Private keys as PEM files that only their owner can read."""

import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import (
    CertificatePublicKeyTypes,
    PrivateKeyTypes,
)

from umbel.core.errors import Mistake
from umbel.identity.certificate_request import KeyKind

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
"""What our certificates have, and what signs them."""


def make_key(kind: KeyKind) -> SigningKey:
    """Make a private key."""
    match kind:
        case KeyKind.RSA_2048:
            return rsa.generate_private_key(65537, 2048)
        case KeyKind.RSA_4096:
            return rsa.generate_private_key(65537, 4096)
        case KeyKind.EC_P256:
            return ec.generate_private_key(ec.SECP256R1())
        case KeyKind.EC_P384:
            return ec.generate_private_key(ec.SECP384R1())


def digest_for(key: PrivateKeyTypes) -> hashes.SHA256 | None:
    """Give the hash to sign with; Edwards curves bring their own."""
    return None if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey) else _SHA256


_SHA256 = hashes.SHA256()


def key_as_pem(key: SigningKey) -> bytes:
    """Give a key as PKCS #8 in PEM, without a pass phrase."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def public_key_info_of(key: PrivateKeyTypes) -> bytes:
    """Give the public half as SubjectPublicKeyInfo, DER."""
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def sign(key: SigningKey, message: bytes) -> bytes:
    """Sign a message, so that who knows the public half can tell by whom."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), _SHA256)
    return key.sign(message, ec.ECDSA(_SHA256))


def is_signed(key: CertificatePublicKeyTypes, message: bytes, signature: bytes) -> bool:
    """Say whether the private half of *key* signed a message."""
    try:
        match key:
            case rsa.RSAPublicKey():
                key.verify(signature, message, padding.PKCS1v15(), _SHA256)
            case ec.EllipticCurvePublicKey():
                key.verify(signature, message, ec.ECDSA(_SHA256))
            case _:
                return False
    except InvalidSignature:
        return False
    return True


def read_key(pem: bytes, where: str) -> SigningKey:
    """Read a private key that certificates can be requested or signed with."""
    try:
        key = serialization.load_pem_private_key(pem, None)
    except TypeError as error:
        raise Mistake(
            "a key that is encrypted with a passphrase",
            expected="a private key without one",
            where=where,
            do="openssl pkey -in FILE -out ANOTHER takes it away",
        ) from error
    except ValueError as error:
        raise Mistake(str(error), expected="a private key in PEM", where=where) from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise Mistake(
            type(key).__name__, expected="an RSA key or one of an elliptic curve", where=where
        )
    return key


def write_secret(path: Path, content: bytes) -> None:
    """Put *content* in place as a whole, readable for its owner only from its first byte on."""
    write_whole(path, content, mode=0o600)


def write_whole(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Put *content* in place as a whole: who reads meanwhile sees the old file or the new one."""
    write_together([(path, content, mode)])


def write_together(files: Sequence[tuple[Path, bytes, int]]) -> None:
    """Put several files, each with its mode, in place within an instant of each other."""
    prepared = [(_written_beside(path, content, mode), path) for path, content, mode in files]
    for fresh, path in prepared:
        fresh.replace(path)


def _written_beside(path: Path, content: bytes, mode: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.writing")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return fresh
