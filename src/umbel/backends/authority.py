"""A certificate authority in a folder: a root that issues certificates to nodes (RFC 5280).

The folder holds the root with its key, the revocation list, and a book of what was issued. Whoever
can read the key can pose as every node, so the folder is its owner's alone.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from umbel.core.errors import Mistake
from umbel.identity.certificate_facts import CertificateFacts, certificate_facts
from umbel.identity.certificate_request import KeyKind, RequestedNames
from umbel.identity.chain.certificate import Unreadable

from .private_keys import (
    SigningKey,
    digest_for,
    is_signed,
    key_as_pem,
    make_key,
    write_secret,
    write_whole,
)
from .revocation_list import Revoked, revocation_list
from .signing_requests import (
    BOTH_ROLES,
    alternative_names,
    key_usage,
    leaf_usage,
    read_request,
    requested_names,
    subject,
)

AUTHORITY_LIFETIME = timedelta(days=3650)
NODE_LIFETIME = timedelta(days=365)
CLOCK_SKEW = timedelta(hours=1)
"""A certificate is good from a little before it is made: a peer's clock may be behind."""
AUTHORITY_NAME = "Umbel authority"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFiles:
    """What a node needs for TLS, as files."""

    certificate: Path
    key: Path
    trust: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityTerms:
    """What an authority is made with; afterwards only the place of its list can change."""

    domains: tuple[str, ...] = ()
    """Name constraints: it can certify hosts of these domains only; empty: of every domain."""
    revocation_url: str = ""
    """Where peers find its revocation list, for the certificates that it issues; empty: nowhere."""
    key: KeyKind = KeyKind.EC_P256


class Authority:
    """The root in a folder, made when it is not there yet."""

    def __init__(
        self, folder: Path, now: datetime, terms: AuthorityTerms = AuthorityTerms()
    ) -> None:
        self.folder = folder
        self._now = now
        self._certificate_file = folder / "authority.pem"
        self._key_file = folder / "authority.key"
        self._terms_file = folder / "authority.json"
        self._revoked_file = folder / "revoked.json"
        self.revocation_file = folder / "authority.crl"
        """The revocation list, DER, to be served at the URL of the terms."""
        self._root: x509.Certificate
        self._key: SigningKey
        if self._certificate_file.exists():
            self._load()
        else:
            self._make(terms)

    @classmethod
    def is_in(cls, folder: Path) -> bool:
        """Say whether there is an authority in *folder*."""
        return (folder / "authority.pem").exists()

    @property
    def root(self) -> bytes:
        """Give its own certificate, DER."""
        return self._root.public_bytes(serialization.Encoding.DER)

    @property
    def root_pem(self) -> bytes:
        """Give its own certificate, PEM: what peers are to trust."""
        return self._root.public_bytes(serialization.Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        """Give the SHA-256 of its own certificate, by which joining nodes know it."""
        return sha256(self.root).hexdigest()

    @property
    def terms(self) -> AuthorityTerms:
        """Give what it was made with."""
        kept: dict[str, object] = {}
        if self._terms_file.exists():
            kept = json.loads(self._terms_file.read_text("utf-8"))
        return AuthorityTerms(
            domains=tuple(map(str, _list(kept.get("domains")))),
            revocation_url=str(kept.get("revocation_url", "")),
        )

    def issue(self, name: str, addresses: Sequence[str] = ()) -> NodeFiles:
        """
        Issue a certificate to the node *name* with a key made here, in files named after it.

        Its common name is the node's own, as Lync demands; the name and *addresses* are its
        alternative names. It serves as server and as client, since a SIP peer is both.
        """
        return self.issue_with_key(RequestedNames.of_node(name, addresses=addresses))

    def issue_with_key(
        self,
        names: RequestedNames,
        *,
        kind: KeyKind = KeyKind.EC_P256,
        folder: Path | None = None,
        lifetime: timedelta = NODE_LIFETIME,
    ) -> NodeFiles:
        """Issue a certificate with a key made here, for a node that cannot request its own."""
        key = make_key(kind)
        chain = self._certify(key.public_key(), names, lifetime)
        folder = folder or self.folder
        stem = names.common_name
        files = NodeFiles(
            certificate=folder / f"{stem}.pem",
            key=folder / f"{stem}.key",
            trust=folder / "authority.pem",
        )
        write_secret(files.key, key_as_pem(key))
        write_whole(files.certificate, chain)
        if folder != self.folder:
            write_whole(files.trust, self.root_pem)
        return files

    def issue_files(self, names: RequestedNames, kind: KeyKind, folder: Path) -> tuple[Path, ...]:
        """Make a key and its certificate as files in *folder*, the authority's own with them."""
        files = self.issue_with_key(names, kind=kind, folder=folder)
        return files.certificate, files.key, files.trust

    def sign(self, request: bytes, *, names: RequestedNames | None = None) -> bytes:
        """
        Certify the key of a request, PEM, and give the chain that its node presents, PEM.

        *names* are those that it gets, the request's own where they are not given.
        """
        read = read_request(request, "the request")
        names = names or requested_names(read, "the request")
        return self._certify(read.public_key(), names, NODE_LIFETIME)

    def names_in(self, request: bytes) -> RequestedNames:
        """Give the names that a request, PEM, asks for; its signature proves its key."""
        return requested_names(read_request(request, "the request"), "the request")

    def recognise(self, certificate: bytes, message: bytes, proof: str) -> CertificateFacts | str:
        """Give the facts of a certificate of its own whose key made *proof*, or why it is none."""
        try:
            read = x509.load_pem_x509_certificate(certificate)
            signature = bytes.fromhex(proof)
            read.verify_directly_issued_by(self._root)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return "the certificate in use was not issued by this authority; let the node join"
        if not is_signed(read.public_key(), message, signature):
            return "it was not made by the node that has the certificate's key"
        facts = certificate_facts(read.public_bytes(serialization.Encoding.DER))
        if isinstance(facts, Unreadable) or self.has_revoked(facts.serial):
            return "the certificate in use was revoked"
        return facts

    def revoke(self, serial: str) -> Path:
        """Enter a certificate, by its serial number in hexadecimal, in the revocation list."""
        try:
            number = int(serial.replace(":", ""), 16)
        except ValueError as error:
            raise Mistake(
                f'"{serial}"',
                expected="a serial number in hexadecimal",
                where="certificate revoke",
                do="umbel certificate show tells it",
            ) from error
        kept = self._revoked()
        if all(one.serial != number for one in kept):
            kept.append(Revoked(serial=number, at=self._now))
        rows = [{"serial": f"{one.serial:x}", "at": one.at.isoformat()} for one in kept]
        write_whole(self._revoked_file, json.dumps(rows, indent=1).encode())
        return self.renew_revocation_list()

    def has_revoked(self, serial: str) -> bool:
        """Say whether a certificate stands in the revocation list."""
        return any(f"{one.serial:x}" == serial for one in self._revoked())

    def renew_revocation_list(self) -> Path:
        """Write the list anew, good for another week."""
        content = revocation_list(self._root, self._key, self._revoked(), self._now)
        write_whole(self.revocation_file, content)
        return self.revocation_file

    # --- within --------------------------------------------------------------------------------

    def _certify(
        self, public_key: CertificatePublicKeyTypes, names: RequestedNames, lifetime: timedelta
    ) -> bytes:
        self._check_domains(names)
        ends = min(self._now + lifetime, self._root.not_valid_after_utc)
        builder = (
            self._builder(names.common_name, self._root.subject, public_key, ends)
            .add_extension(alternative_names(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(leaf_usage(public_key), critical=True)
            .add_extension(BOTH_ROLES, critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )
        if url := self.terms.revocation_url:
            builder = builder.add_extension(_distribution_point(url), critical=False)
            self.renew_revocation_list()
        certificate = builder.sign(self._key, digest_for(self._key))
        return certificate.public_bytes(serialization.Encoding.PEM)

    def _check_domains(self, names: RequestedNames) -> None:
        domains = self.terms.domains
        for name in names.dns_names:
            if domains and not any(name == one or name.endswith(f".{one}") for one in domains):
                raise Mistake(
                    name,
                    expected=f"a name within {' or '.join(domains)}, which is all that the "
                    "authority may certify",
                    where=str(self.folder),
                    do="make another authority: umbel certificate issue --authority FOLDER "
                    "--domain DOMAIN",
                )

    def _make(self, terms: AuthorityTerms) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._key = make_key(terms.key)
        name, public_key = subject(AUTHORITY_NAME), self._key.public_key()
        builder = (
            self._builder(AUTHORITY_NAME, name, public_key, self._now + AUTHORITY_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(key_usage("key_cert_sign", "crl_sign"), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        )
        if terms.domains:
            builder = builder.add_extension(_constraints(terms.domains), critical=True)
        self._root = builder.sign(self._key, digest_for(self._key))
        write_secret(self._key_file, key_as_pem(self._key))
        self._keep_terms(terms)
        write_whole(self._certificate_file, self.root_pem)

    def _keep_terms(self, terms: AuthorityTerms) -> None:
        kept = {"domains": list(terms.domains), "revocation_url": terms.revocation_url}
        write_whole(self._terms_file, json.dumps(kept, indent=1).encode())

    def _load(self) -> None:
        try:
            key = serialization.load_pem_private_key(self._key_file.read_bytes(), None)
            self._root = x509.load_pem_x509_certificate(self._certificate_file.read_bytes())
        except (OSError, ValueError) as error:
            raise self._unusable(str(error)) from error
        if not isinstance(key, SigningKey):
            raise self._unusable("a key of a kind that it does not have")
        self._key = key

    def _unusable(self, found: str) -> Mistake:
        return Mistake(
            found,
            expected="the authority that Umbel made there",
            where=str(self.folder),
            do="move the folder away, and another is made",
        )

    def _revoked(self) -> list[Revoked]:
        if not self._revoked_file.exists():
            return []
        return [
            Revoked(serial=int(row["serial"], 16), at=datetime.fromisoformat(row["at"]))
            for row in json.loads(self._revoked_file.read_text("utf-8"))
        ]

    def _builder(
        self,
        name: str,
        issuer: x509.Name,
        public_key: CertificatePublicKeyTypes,
        ends: datetime,
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject(name))
            .issuer_name(issuer)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - CLOCK_SKEW)
            .not_valid_after(ends)
        )


def _list(content: object) -> list[object]:
    return content if isinstance(content, list) else []


def _constraints(domains: Sequence[str]) -> x509.NameConstraints:
    """Permit these domains with all below them, and nothing else (RFC 5280 section 4.2.1.10)."""
    permitted = [x509.DNSName(domain) for domain in domains]
    return x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None)


def _distribution_point(url: str) -> x509.CRLDistributionPoints:
    place = x509.UniformResourceIdentifier(url)
    point = x509.DistributionPoint(
        full_name=[place], relative_name=None, reasons=None, crl_issuer=None
    )
    return x509.CRLDistributionPoints([point])
