"""The operations on certificates, over this machine's files and the authority in its folder."""

from collections.abc import Sequence
from pathlib import Path

from umbel.admin.certificates import Certificates, NodeFiles
from umbel.admin.issuing import Issuing
from umbel.backends.authority import Authority, AuthorityTerms
from umbel.backends.certificate_files import PemFiles
from umbel.core.errors import Mistake
from umbel.identity.certificate_request import KeyKind
from umbel.net.clock import SystemClock

from .settings import Settings, TlsSettings


def certificates_of(settings: Settings) -> Certificates:
    """Give the operations on the files of this node."""
    at = node_files(settings.tls) if settings.tls else None
    return Certificates(
        PemFiles(),
        node=settings.node.name,
        at=at,
        clock=SystemClock(),
        keeps_key=settings.tls is not None and settings.tls.keep_key,
    )


def bare_certificates(at: NodeFiles | None = None, node: str = "") -> Certificates:
    """Give the operations on any files, before anything is configured."""
    return Certificates(PemFiles(), node=node, at=at, clock=SystemClock())


def node_files(tls: TlsSettings) -> NodeFiles:
    """Name the files of [tls]."""
    return NodeFiles(certificate=Path(tls.certificate), key=Path(tls.key), trust=Path(tls.trust))


def files_in(folder: Path, node: str) -> NodeFiles:
    """Name the files of a node in a folder where nothing is configured yet."""
    return NodeFiles(
        certificate=folder / f"{node}.pem",
        key=folder / f"{node}.key",
        trust=folder / "authority.pem",
    )


def issuing(
    folder: Path,
    certificates: Certificates,
    *,
    for_nodes: Sequence[str] = (),
    key: KeyKind = KeyKind.RSA_2048,
) -> Issuing:
    """
    Give the operations on the authority in *folder*.

    Where it is not there yet, it is made for the domains of the nodes; without nodes, that is a
    ``Mistake``.
    """
    if not for_nodes and not Authority.is_in(folder):
        raise Mistake(
            "no authority",
            expected="the folder of a built-in authority",
            where=str(folder),
            do=f"make one: umbel certificate authority --authority {folder}",
        )
    domains = (node.partition(".")[2] for node in for_nodes)
    terms = AuthorityTerms(domains=tuple(dict.fromkeys(filter(None, domains))), key=key)
    return Issuing(Authority(folder, SystemClock().wall(), terms), certificates)


def authority_at(
    folder: Path, *, domains: Sequence[str], revocation_url: str, key: KeyKind
) -> dict[str, object]:
    """Tell about the authority in *folder*, made on these terms where it is not there yet."""
    terms = AuthorityTerms(domains=tuple(domains), revocation_url=revocation_url, key=key)
    made = Authority(folder, SystemClock().wall(), terms)
    return {
        "certificate": folder / "authority.pem",
        "fingerprint": made.fingerprint,
        "domains": made.terms.domains,
        "revocation_list": made.renew_revocation_list(),
        "revocation_url": made.terms.revocation_url,
    }
