"""``umbel certificate``: this node's certificate, from the request to its use."""

from pathlib import Path

import click

from umbel.admin.certificates import ShownCertificates

from .certificate_facts import facts_row, show_facts
from .certificate_installed import show_installed
from .certificate_issue import authority, issue, revoke, sign
from .certificate_join import join, token
from .certificate_options import (
    PATH,
    Wishes,
    force_option,
    own_name,
    readers,
    rule_option,
    site_of,
    wishes_options,
)
from .certificate_plan import plan
from .certificate_renew import renew
from .findings import finding_row, show_findings
from .output import Row, json_option, print_json
from .session import FINDINGS, Group, settings_of


@click.group(cls=Group)
def certificate() -> None:
    """Show, plan, request, install, issue and renew certificates."""


@certificate.command()
@click.argument("files", nargs=-1, type=PATH, metavar="[PEM]…")
@click.option("--trust", type=PATH, help="The authorities to judge PEM files by.")
@rule_option
@json_option
@click.pass_context
def show(
    ctx: click.Context,
    files: tuple[Path, ...],
    trust: Path | None,
    rules: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show this node's certificate, or PEM files, and all that is doubtful about them.

    PEM files need no settings. Exit code 1 where something is an error.
    """
    from umbel.app.certificates import bare_certificates, certificates_of

    if files:
        shown = bare_certificates().show_files(files, trust=trust, readers=readers(rules))
    else:
        shown = [certificates_of(settings_of(ctx)).show(readers(rules))]
    if as_json:
        print_json([_row(one) for one in shown])
    for one in () if as_json else shown:
        _print(one)
    if not shown and not as_json:
        click.echo("A private key, and no certificate to compare it with.")
    if not all(one.is_good for one in shown):
        ctx.exit(FINDINGS)


@certificate.command()
@click.option("--node", default="", help="The node's FQDN, before anything is configured.")
@click.option("--folder", type=PATH, help="Where its files go, before anything is configured.")
@json_option
@click.pass_context
@wishes_options
def request(
    ctx: click.Context, wishes: Wishes, node: str, folder: Path | None, as_json: bool
) -> None:
    """Make a key on this node and print the request for its certificate.

    The key stays here, readable for its owner only, and waits until the certificate is installed.
    """
    from umbel.app.certificates import bare_certificates, certificates_of, files_in

    if node:
        work = bare_certificates(files_in(folder or Path(), node), node)
    else:
        work = certificates_of(settings_of(ctx))
    names, kind = wishes.for_node(node or own_name(ctx), site_of(ctx))
    made = work.request(names, kind)
    if as_json:
        print_json(
            {"request": made.pem.decode(), "file": made.file, "key": made.key, "names": str(names)}
        )
        return
    click.echo(made.pem.decode(), nl=False)
    of = kind.value if made.is_key_new else "the one that waits there already"
    click.echo(f"Names: {names}. Usages: serverAuth, clientAuth. Key: {of}.", err=True)
    click.echo(f"The request is in {made.file}; the key stays in {made.key}.", err=True)
    click.echo(
        "Give the request to your authority, then: umbel certificate install CERTIFICATE", err=True
    )


@certificate.command()
@click.argument("file", type=PATH, metavar="CERTIFICATE")
@click.argument("chain", nargs=-1, type=PATH, metavar="[INTERMEDIATE]…")
@click.option("--key", type=PATH, help="Its private key, if not the one of the last request.")
@rule_option
@force_option
@json_option
@click.pass_context
def install(
    ctx: click.Context,
    file: Path,
    chain: tuple[Path, ...],
    key: Path | None,
    rules: tuple[str, ...],
    force: bool,
    as_json: bool,
) -> None:
    """Put a certificate to use, after checking that it fits; the old one is kept beside it.

    A running node takes it up within seconds: no restart, and no call is touched.
    """
    from umbel.app.certificates import certificates_of

    done = certificates_of(settings_of(ctx)).install(
        file, chain=chain, key=key, forced=force, readers=readers(rules)
    )
    show_installed(ctx, done, as_json=as_json)


for _command in (plan, issue, sign, authority, revoke, token, join, renew):
    certificate.add_command(_command)


def _row(shown: ShownCertificates) -> Row:
    return {
        "file": shown.where,
        "certificates": [facts_row(one) for one in shown.certificates],
        "findings": [finding_row(one) for one in shown.findings],
    }


def _print(shown: ShownCertificates) -> None:
    for number, one in enumerate(shown.certificates, 1):
        click.secho(f"{shown.where}, certificate {number}", bold=True)
        show_facts(one)
    show_findings(shown.findings)
