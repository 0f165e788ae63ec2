"""Where observations are kept, so that every node and command can lay all of them side by side."""

from collections.abc import Collection
from typing import Protocol

from .observation import Observation


class Observations(Protocol):
    """The latest of each (node, gateway, transport, direction)."""

    def put(self, observation: Observation) -> None:
        """Keep *observation* soon, in place of the one before. Never fails and never waits."""
        ...

    async def all(self) -> list[Observation]:
        """Give those of every node, by node, gateway and direction; may raise ``Unavailable``."""
        ...

    async def keep_only(self, node: str, gateways: Collection[str]) -> None:
        """Forget what *node* saw of other gateways than these; may raise ``Unavailable``."""
        ...
