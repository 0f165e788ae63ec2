"""``umbel certificate issue``, ``sign``, ``authority`` and ``revoke``: the built-in authority."""

from pathlib import Path

import click

from umbel.core.errors import Mistake
from umbel.identity.certificate_request import KeyKind

from .certificate_installed import show_installed
from .certificate_join import invite_every_node
from .certificate_options import (
    PATH,
    Wishes,
    authority_folder,
    authority_option,
    force_option,
    own_name,
    site_of,
    wishes_options,
)
from .output import json_option, print_json, show_one
from .session import settings_of


@click.command()
@click.argument("nodes", nargs=-1, metavar="[NODE]…")
@click.option("--every-node", is_flag=True, help="Have each node of the store get its own.")
@click.option("--to", type=PATH, help="Where the files of NODE go; else the authority's folder.")
@authority_option
@force_option
@json_option
@click.pass_context
@wishes_options
def issue(
    ctx: click.Context,
    wishes: Wishes,
    nodes: tuple[str, ...],
    every_node: bool,
    to: Path | None,
    authority: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Issue certificates by the built-in authority, which is made when it is not there yet.

    Without NODE this node gets a new key and certificate, used at once. With NODE, key and
    certificate are made here, as files that somebody has to carry: umbel certificate token is
    better, for then the key never leaves its node. With --every-node each serving node whose
    certificate this authority issued makes a new key and gets a certificate of its own.
    """
    from umbel.app.certificates import bare_certificates, certificates_of, issuing

    if every_node:
        invite_every_node(ctx, wishes, authority_folder(ctx, authority), as_json=as_json)
        return
    site, folder = site_of(ctx), authority_folder(ctx, authority)
    if not nodes:
        own = own_name(ctx)
        names, kind = wishes.for_node(own, site)
        work = issuing(folder, certificates_of(settings_of(ctx)), for_nodes=(own,), key=kind)
        show_installed(ctx, work.issue_here(names, kind, forced=force), as_json=as_json)
        return
    work = issuing(
        folder, bare_certificates(), for_nodes=nodes, key=wishes.for_node(nodes[0], site)[1]
    )
    made = [
        file
        for node in nodes
        for file in work.issue_files(*wishes.for_node(node, site), to or folder)
    ]
    if as_json:
        print_json({"files": list(dict.fromkeys(made)), "fingerprint": work.fingerprint})
    else:
        click.echo("\n".join(map(str, dict.fromkeys(made))))


@click.command()
@click.argument("file", type=PATH, metavar="REQUEST")
@authority_option
@click.pass_context
def sign(ctx: click.Context, file: Path, authority: Path | None) -> None:
    """Sign a REQUEST (PEM) by the built-in authority and print the certificate."""
    from umbel.app.certificates import bare_certificates, issuing

    try:
        request = file.read_bytes()
    except OSError as error:
        raise Mistake(
            error.strerror or str(error), expected="a request in PEM", where=str(file)
        ) from error
    work = issuing(authority_folder(ctx, authority), bare_certificates())
    click.echo(work.sign(request).decode(), nl=False)


@click.command()
@authority_option
@click.option("--domain", multiple=True, help="Make it so that it certifies hosts of these only.")
@click.option("--revocation-url", default="", help="Make it so that peers find its list there.")
@click.option(
    "--key-kind",
    type=click.Choice([kind.value for kind in KeyKind]),
    default=KeyKind.RSA_2048.value,
    show_default=True,
    help="The kind of its key.",
)
@json_option
@click.pass_context
def authority(
    ctx: click.Context,
    authority: Path | None,
    domain: tuple[str, ...],
    revocation_url: str,
    key_kind: str,
    as_json: bool,
) -> None:
    """Show the built-in authority; make it first where it is not there yet."""
    from umbel.app.certificates import authority_at

    made = authority_at(
        authority_folder(ctx, authority),
        domains=domain,
        revocation_url=revocation_url,
        key=KeyKind(key_kind),
    )
    show_one(made, as_json=as_json)


@click.command()
@click.argument("serial")
@authority_option
@click.pass_context
def revoke(ctx: click.Context, serial: str, authority: Path | None) -> None:
    """Put the certificate with this SERIAL number into the authority's revocation list."""
    from umbel.app.certificates import bare_certificates, issuing

    work = issuing(authority_folder(ctx, authority), bare_certificates())
    click.echo(f"Revoked; publish the list: {work.revoke(serial)}")
