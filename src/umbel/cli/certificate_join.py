"""``umbel certificate token``, ``join`` and ``renew``: certificates over the shared store."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from umbel.admin.enrolment_desk import EnrolmentDesk
from umbel.core.errors import Mistake
from umbel.identity.enrolment import Enrolment, Stage
from umbel.identity.join_token import JoinToken

from .certificate_installed import show_installed
from .certificate_options import (
    Wishes,
    authority_folder,
    authority_option,
    own_name,
    site_of,
    wishes_options,
)
from .output import json_option, print_json
from .session import FINDINGS, settings_of

if TYPE_CHECKING:
    from umbel.app.enrolments import EnrolmentOffice

Result = TypeVar("Result")

_LOOK_EVERY = 0.5
_HOURS = click.IntRange(1, 24 * 7)


@click.command()
@click.argument("node")
@authority_option
@click.option("--name", "names", multiple=True, help="An alternative name that it may have, too.")
@click.option("--hours", type=_HOURS, default=1, show_default=True, help="How long it is good.")
@click.option("--wait", is_flag=True, help="Stay and answer, until the node has joined.")
@json_option
@click.pass_context
def token(
    ctx: click.Context,
    node: str,
    authority: Path | None,
    names: tuple[str, ...],
    hours: int,
    wait: bool,
    as_json: bool,
) -> None:
    """Make a one-time token by which NODE joins, on the authority's machine.

    Whoever has it first can get a certificate in the name of NODE: hand it over as a password. The
    authority's node answers if it serves with authority in [tls]; else use --wait.
    """
    folder = authority_folder(ctx, authority)
    permitted = Wishes(more=names).for_node(node, site_of(ctx))[0].dns_names

    async def work(office: "EnrolmentOffice") -> None:
        desk = office.desk(_existing(folder))
        made = await desk.give_token(
            node, permitted, good_for=timedelta(hours=hours), randomness=office.randomness
        )
        if as_json:
            print_json({"token": str(made), "node": node, "fingerprint": made.fingerprint})
        else:
            click.echo(made)
            click.echo(f"On {node}: umbel certificate join TOKEN", err=True)
        if wait:
            await _answer_until_done(office, desk, [made.id])

    _with_office(ctx, work)


@click.command()
@click.argument("token")
@json_option
@click.pass_context
@wishes_options
def join(ctx: click.Context, wishes: Wishes, token: str, as_json: bool) -> None:
    """Get this node a certificate of the authority that gave the TOKEN; the key stays here.

    As - it is read from standard input: others on this machine see what commands are given.
    """
    names, kind = wishes.for_node(own_name(ctx), site_of(ctx))
    parsed = JoinToken.parse(sys.stdin.readline() if token == "-" else token)
    done = _with_office(ctx, lambda office: office.enrolling().join(parsed, names, kind))
    show_installed(ctx, done, as_json=as_json)


def invite_every_node(ctx: click.Context, wishes: Wishes, folder: Path, *, as_json: bool) -> None:
    """Have every serving node get a new certificate of its own, and tell what came of it."""
    site = site_of(ctx)
    nodes = [(node, wishes.for_node(node, site)[0].dns_names) for node in site.nodes]
    if not nodes:
        raise Mistake(
            "no node",
            expected="nodes that serve from this store",
            where="umbel certificate issue --every-node",
            do="umbel node list shows them",
        )

    async def work(office: "EnrolmentOffice") -> list[Enrolment]:
        desk = office.desk(_existing(folder))
        ids = await desk.invite(nodes, office.randomness)
        return await _answer_until_done(office, desk, ids)

    done = _with_office(ctx, work)
    if as_json:
        print_json([{"node": one.node, "stage": one.stage, "reason": one.reason} for one in done])
    for one in () if as_json else done:
        click.echo(f"{one.node}: {_SAID.get(one.stage, one.reason)}")
    if any(one.stage is not Stage.ISSUED for one in done):
        ctx.exit(FINDINGS)


_SAID = {
    Stage.ISSUED: "has a certificate of its own and uses it within seconds",
    Stage.WANTED: "did not ask in time: does it serve, with [tls]?",
    Stage.ASKED: "was not answered",
}


async def _answer_until_done(
    office: "EnrolmentOffice", desk: EnrolmentDesk, ids: list[str], patience: float = 30.0
) -> list[Enrolment]:
    """Answer what is asked until each of *ids* is, or until patience ends."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    while True:
        await desk.answer()
        found = [one for each in ids if (one := await office.enrolments.get(each)) is not None]
        answered = [one for one in found if one.stage in (Stage.ISSUED, Stage.REFUSED)]
        if len(answered) == len(ids) or loop.time() > deadline:
            return found
        await asyncio.sleep(_LOOK_EVERY)


def _existing(folder: Path) -> Path:
    if not (folder / "authority.pem").exists():
        raise Mistake(
            "no authority",
            expected="the folder of a built-in authority",
            where=str(folder),
            do=f"make one: umbel certificate authority --authority {folder}",
        )
    return folder


def _with_office(
    ctx: click.Context, work: "Callable[[EnrolmentOffice], Awaitable[Result]]"
) -> Result:
    from umbel.app.enrolments import open_enrolments

    async def run() -> Result:
        async with open_enrolments(settings_of(ctx)) as office:
            return await work(office)

    return asyncio.run(run())
