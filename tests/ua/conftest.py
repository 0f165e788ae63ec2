"""Two user agents and a scripted caller, joined by a virtual network."""

import pytest
from tests.support.scripted_peers import Caller
from tests.support.virtual_network import Agent, VirtualNetwork


@pytest.fixture
def network() -> VirtualNetwork:
    """A network without loss."""
    return VirtualNetwork()


@pytest.fixture
def bell(network: VirtualNetwork) -> Agent:
    """A user agent."""
    return Agent(network, "bell", "192.0.2.1")


@pytest.fixture
def watson(network: VirtualNetwork) -> Agent:
    """Another user agent."""
    return Agent(network, "watson", "192.0.2.2")


@pytest.fixture
def gray(network: VirtualNetwork, bell: Agent) -> Caller:
    """A scripted peer that calls Bell."""
    return Caller(network, "gray", "192.0.2.3", bell)
