"""What an administrator does with this node's certificate: show it, ask for one, put one to use."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from umbel.core.errors import Mistake
from umbel.core.findings import Finding, Severity
from umbel.core.instants import Clock
from umbel.identity.certificate_facts import CertificateFacts, certificate_facts
from umbel.identity.certificate_request import KeyKind, RequestedNames
from umbel.identity.chain.certificate import Unreadable
from umbel.identity.chain.policy import PKIX_CHAIN, ChainPolicy
from umbel.identity.chains import Trust
from umbel.identity.fitting import fitting_findings, hindrances
from umbel.identity.ports import CertificateFiles, PemContent, chain_of

NEEDS_TRUST: Final = frozenset(
    {"chain.missing-issuer", "chain.unknown-root", "chain.self-signed", "chain.leaf-is-authority"}
)
"""Findings that mean nothing where nobody said whom to trust, or what the file is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFiles:
    """Where a node has what it needs for TLS."""

    certificate: Path
    key: Path
    trust: Path

    @property
    def new_key(self) -> Path:
        """Give the place of a key whose certificate has been asked for and not yet come."""
        return self.key.with_name(f"{self.key.name}.new")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCertificates:
    """The certificates of a file, and what is to be said about them."""

    where: Path
    certificates: tuple[CertificateFacts | Unreadable, ...]
    findings: tuple[Finding, ...]

    @property
    def is_good(self) -> bool:
        """Whether nothing is an error."""
        return all(one.severity < Severity.ERROR for one in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What became of a certificate that was to be put to use."""

    findings: tuple[Finding, ...]
    old: CertificateFacts | None
    """What was in use until then; ``None``: nothing that could be read."""
    new: CertificateFacts | None
    """What is in use now; ``None``: it was refused, and nothing has changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRequest:
    """A request for a certificate, and where it and its key are."""

    pem: bytes
    file: Path
    key: Path
    is_key_new: bool
    """Otherwise the key was there: it waits for the answer to an earlier request, or is kept."""


class Certificates:
    """The operations on one node's files. Every one raises ``Mistake`` for what cannot be read."""

    def __init__(
        self,
        files: CertificateFiles,
        *,
        node: str,
        at: NodeFiles | None,
        clock: Clock,
        keeps_key: bool = False,
    ) -> None:
        """*keeps_key*: ask for another certificate of the key in use, where there is one."""
        self._files = files
        self._node = node
        self._at = at
        self._clock = clock
        self._keeps_key = keeps_key

    @property
    def at(self) -> NodeFiles:
        """Give the places of the node's files; a ``Mistake`` where none are configured."""
        if self._at is None:
            raise Mistake(
                "no [tls]",
                expected="certificate, key and trust in [tls]",
                where="the settings",
                do="name the files that are to be there: docs/running.md shows how",
            )
        return self._at

    # --- showing ---------------------------------------------------------------------------

    def show(self, readers: Sequence[ChainPolicy] = (PKIX_CHAIN,)) -> ShownCertificates:
        """Give the certificate in use with its chain, and all that is doubtful about it."""
        at = self.at
        content = self._files.read(at.certificate)
        public_key = content.public_key or self._files.read(at.key).public_key
        return self._shown(at.certificate, content, public_key, self._trust(at.trust), readers)

    def show_files(
        self,
        paths: Sequence[Path],
        *,
        trust: Path | None = None,
        readers: Sequence[ChainPolicy] = (PKIX_CHAIN,),
    ) -> list[ShownCertificates]:
        """Give what is in any files; a private key among them is compared with the others."""
        contents = {path: self._files.read(path) for path in paths}
        keys = [one.public_key for one in contents.values() if one.public_key is not None]
        anchors = self._trust(trust) if trust else None
        return [
            self._shown(path, content, _key_for(content, keys), anchors, readers)
            for path, content in contents.items()
            if content.certificates
        ]

    def _shown(
        self,
        where: Path,
        content: PemContent,
        public_key: bytes | None,
        trust: Trust | None,
        readers: Sequence[ChainPolicy],
    ) -> ShownCertificates:
        found = fitting_findings(
            content.certificates,
            public_key,
            node=self._node,
            trust=trust or Trust(anchors=()),
            at=self._clock.wall(),
            readers=readers,
        )
        if trust is None:
            found = tuple(one for one in found if one.code not in NEEDS_TRUST)
        return ShownCertificates(
            where=where,
            certificates=tuple(map(certificate_facts, content.certificates)),
            findings=found,
        )

    # --- asking ----------------------------------------------------------------------------

    def request(self, names: RequestedNames, kind: KeyKind) -> MadeRequest:
        """
        Make a new key on this node and ask for its certificate, by any authority.

        The key waits beside the one in use, which stays in use until ``install``. One that waits
        already is asked for again: the answer to the earlier request fits it too.
        """
        file = self.at.certificate.with_suffix(".csr")
        key = self.at.key if self._keeps_key and self.at.key.exists() else self.at.new_key
        is_key_new = not key.is_file()
        if is_key_new:
            pem = self._files.request(key, kind, names)
        else:
            pem = self._files.request_again(key, names)
        self._files.write(file, pem)
        return MadeRequest(pem=pem, file=file, key=key, is_key_new=is_key_new)

    # --- putting to use --------------------------------------------------------------------

    def install(
        self,
        certificate: Path,
        *,
        chain: Sequence[Path] = (),
        key: Path | None = None,
        forced: bool = False,
        readers: Sequence[ChainPolicy] = (PKIX_CHAIN,),
    ) -> Installed:
        """
        Put a certificate to use if it fits: the node takes it up by itself, without a restart.

        *chain*: further files with the intermediates. *key*: its private key, if not the one that
        ``request`` made or the one in use. *forced*: take it up although there are warnings.
        """
        contents = [self._files.read(path) for path in (certificate, *chain)]
        return self.take_up(chain_of(contents), key=key, forced=forced, readers=readers)

    def take_up(
        self,
        certificates: Sequence[bytes],
        *,
        key: Path | None = None,
        forced: bool = False,
        readers: Sequence[ChainPolicy] = (PKIX_CHAIN,),
    ) -> Installed:
        """Put a chain, DER and leaf first, to use if it fits."""
        at, old = self.at, self._in_use()
        leaf = certificate_facts(certificates[0]) if certificates else None
        chosen, public_key = self._choose_key(key, leaf)
        findings = fitting_findings(
            certificates,
            public_key,
            node=self._node,
            trust=self._trust(at.trust),
            at=self._clock.wall(),
            readers=readers,
        )
        if isinstance(leaf, Unreadable) or any(hindrances(findings, forced=forced)):
            return Installed(findings=findings, old=old, new=None)
        self._files.take_up(
            certificate=at.certificate,
            chain=b"".join(map(as_pem, certificates)),
            key=at.key,
            new_key=chosen,
        )
        return Installed(findings=findings, old=old, new=leaf)

    def take_up_pem(
        self,
        chain: bytes,
        *,
        forced: bool = False,
        readers: Sequence[ChainPolicy] = (PKIX_CHAIN,),
    ) -> Installed:
        """Put a chain to use that came as PEM, if it fits."""
        return self.take_up(self._files.parse(chain), forced=forced, readers=readers)

    def parse(self, pem: bytes) -> tuple[bytes, ...]:
        """Give the certificates of a PEM text, DER."""
        return self._files.parse(pem)

    def prove(self, message: bytes) -> tuple[str, str]:
        """Give the certificate in use, PEM, and what its key proves of *message*."""
        leaf = self._files.read(self.at.certificate).certificates[:1]
        shown = b"".join(map(as_pem, leaf)).decode()
        return shown, self._files.prove(self.at.key, message)

    def trust_also(self, root_pem: bytes) -> bool:
        """Add an authority to those whom this node believes; say whether it was new."""
        path = self.at.trust
        trusted = self._files.read(path).certificates if path.exists() else ()
        fresh = [der for der in self._files.parse(root_pem) if der not in trusted]
        if fresh:
            self._files.write(path, b"".join(map(as_pem, (*trusted, *fresh))))
        return bool(fresh)

    def _choose_key(
        self, named: Path | None, leaf: CertificateFacts | Unreadable | None
    ) -> tuple[Path, bytes | None]:
        """Choose the key that fits: the one named, or the one asked with, or the one in use."""
        candidates = [named] if named else [self.at.new_key, self.at.key]
        read = [(path, self._files.read(path).public_key) for path in candidates if path.exists()]
        if not read:
            raise Mistake(
                "no private key",
                expected="the key that the certificate was requested with",
                where=str(candidates[0]),
                do="make one and ask for its certificate: umbel certificate request",
            )
        pin = leaf.names.public_key_pin if isinstance(leaf, CertificateFacts) else ""
        fitting = [one for one in read if one[1] and sha256(one[1]).hexdigest() == pin]
        return (fitting or read)[0]

    def _in_use(self) -> CertificateFacts | None:
        if not self.at.certificate.exists():
            return None
        first = self._files.read(self.at.certificate).certificates[:1]
        facts = certificate_facts(first[0]) if first else None
        return facts if isinstance(facts, CertificateFacts) else None

    def _trust(self, path: Path) -> Trust:
        return Trust(anchors=self._files.read(path).certificates)


def as_pem(der: bytes) -> bytes:
    """Give a certificate as PEM (RFC 7468)."""
    body = b64encode(der).decode()
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    return "\n".join(
        ("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", "")
    ).encode()


def _key_for(content: PemContent, keys: Sequence[bytes]) -> bytes | None:
    """Choose the key that goes with a file: its own, the one that fits, or any."""
    if content.public_key is not None:
        return content.public_key
    facts = certificate_facts(content.certificates[0]) if content.certificates else None
    pin = facts.names.public_key_pin if isinstance(facts, CertificateFacts) else ""
    fitting = [key for key in keys if sha256(key).hexdigest() == pin]
    return next(iter(fitting or keys), None)
