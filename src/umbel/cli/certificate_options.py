"""What several commands of ``umbel certificate`` ask for in the same words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click

from umbel.admin.administration import Administration
from umbel.admin.certificate_plan import (
    checked_host,
    make_certificate_plan,
    planned_gateways,
)
from umbel.core.errors import Mistake
from umbel.directory.objects import Gateway
from umbel.identity.certificate_request import KeyKind, RequestedNames, names_by_plan, suitable_key
from umbel.identity.chain.policy import PKIX_CHAIN, ChainPolicy
from umbel.identity.plan import PlannedGateway
from umbel.identity.rules import RULES, rule_named

from .session import has_settings, run, settings_of

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

PATH = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the store tells about the cluster; empty where nothing is configured yet."""

    nodes: tuple[str, ...] = ()
    gateways: tuple[PlannedGateway, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What somebody wants in a certificate, as far as it was said."""

    array: str = ""
    more: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    key: KeyKind | None = None

    def for_node(self, node: str, site: Site) -> tuple[RequestedNames, KeyKind]:
        """Give the names and the kind of key for *node*, as the plan for the site has it."""
        by_plan: tuple[str, ...] = (self.array,) if self.array else ()
        if site.gateways:
            plan = make_certificate_plan((*site.nodes, node), self.array, site.gateways)
            by_plan = names_by_plan(plan, node)
        names = map(checked_host, (*by_plan, *self.more))
        key = self.key or suitable_key(one.rule for one in site.gateways)
        return RequestedNames.of_node(checked_host(node), names, self.addresses), key


def wishes_options(
    command: Callable[Concatenate[click.Context, Wishes, Parameters], Result],
) -> Callable[..., Result]:
    """Give a command the options of names and key, handed to it as ``Wishes``."""

    @click.option("--array", default="", metavar="NAME", help="The name that stands for all nodes.")
    @click.option("--name", "more", multiple=True, help="A further alternative name.")
    @click.option("--address", multiple=True, help="An IP address as alternative name.")
    @click.option(
        "--key-kind",
        type=click.Choice([kind.value for kind in KeyKind]),
        help="The kind of key; else the one that every gateway takes.",
    )
    @wraps(command)
    def with_wishes(
        ctx: click.Context,
        /,
        array: str,
        more: tuple[str, ...],
        address: tuple[str, ...],
        key_kind: str | None,
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Result:
        kind = KeyKind(key_kind) if key_kind else None
        wishes = Wishes(array=array, more=more, addresses=address, key=kind)
        return command(ctx, wishes, *args, **kwargs)

    return with_wishes


rule_option = click.option(
    "--rule",
    "rules",
    multiple=True,
    type=click.Choice(list(RULES)),
    help="The kind of peer to judge for; more than one if repeated.",
)
force_option = click.option(
    "--force", is_flag=True, help="Take it although there are warnings; never with errors."
)
authority_option = click.option(
    "--authority",
    type=PATH,
    help="The folder of the built-in authority; else the one that [tls] names.",
)


def readers(rules: Sequence[str], site: Site = Site()) -> tuple[ChainPolicy, ...]:
    """Give the kinds of readers of chains: those of *rules* and of the gateways, and OpenSSL."""
    named = [rule_named(name).chain for name in rules]
    known = [one.rule.chain for one in site.gateways]
    return tuple(dict.fromkeys((PKIX_CHAIN, *named, *known)))


def site_of(ctx: click.Context) -> Site:
    """Ask the store for nodes and gateways; without settings there are none."""
    if not has_settings(ctx):
        return Site()

    async def ask(admin: Administration) -> Site:
        nodes = [one.name for one in await admin.nodes()]
        found = [one for one in await admin.list("gateway") if isinstance(one, Gateway)]
        return Site(nodes=tuple(nodes), gateways=tuple(planned_gateways(found)))

    return run(ctx, ask)


def own_name(ctx: click.Context) -> str:
    """Give the FQDN of this node."""
    return settings_of(ctx).node.name


def authority_folder(ctx: click.Context, named: Path | None) -> Path:
    """Find the folder of the built-in authority."""
    if named is not None:
        return named
    tls = settings_of(ctx).tls if has_settings(ctx) else None
    if tls is None or not tls.authority:
        raise Mistake(
            "no authority",
            expected="the folder of the built-in authority",
            where="umbel certificate",
            do="name it with --authority FOLDER, or as authority in [tls]",
        )
    return Path(tls.authority)
