"""``diagnosis.ports.Observations`` in memory, with everything that was ever put."""

from collections.abc import Collection

from umbel.diagnosis.observation import Observation


class MemoryObservations:
    """What nodes saw."""

    def __init__(self) -> None:
        self.put_all: list[Observation] = []

    def put(self, observation: Observation) -> None:
        """Keep *observation*."""
        self.put_all.append(observation)

    async def all(self) -> list[Observation]:
        """Give the latest of each kind."""
        latest = {
            (one.node, one.gateway, one.transport, one.direction): one for one in self.put_all
        }
        return list(latest.values())

    async def keep_only(self, node: str, gateways: Collection[str]) -> None:
        """Forget the other gateways."""
        self.put_all = [one for one in self.put_all if one.node != node or one.gateway in gateways]
