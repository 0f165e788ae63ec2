"""Short ways to make calls between user agents of a virtual network."""

from collections.abc import Sequence

from umbel.sip.address import Address
from umbel.sip.digest import Credentials
from umbel.sip.uri import Uri
from umbel.ua import Leg
from umbel.ua.events import CallOffered

from .scripted_peers import Peer
from .virtual_network import Agent, VirtualNetwork, local_media


def call(
    network: VirtualNetwork,
    caller: Agent,
    callee: Agent | Peer | str,
    *,
    port: int = 10000,
    route: Sequence[Uri] = (),
    credentials: Credentials | None = None,
    headers: Sequence[tuple[str, str]] = (),
) -> Leg:
    """Let *caller* call, and send what that takes."""
    target = Uri.parse(callee) if isinstance(callee, str) else callee.uri
    leg = caller.agent.call(
        target,
        local_media(port),
        Address(uri=caller.uri),
        network.now,
        route=route,
        credentials=credentials,
        headers=headers,
    )
    caller.settle()
    return leg


def answering(network: VirtualNetwork, agent: Agent, port: int = 20000) -> None:
    """Let *agent* answer every call at once."""
    agent.on(CallOffered, lambda offer: offer.leg.answer(local_media(port), network.now))


def established(network: VirtualNetwork, caller: Agent, callee: Agent) -> tuple[Leg, Leg]:
    """Give both legs of a call that has been answered."""
    answering(network, callee)
    leg = call(network, caller, callee)
    network.run()
    return leg, callee.told(CallOffered)[-1].leg
