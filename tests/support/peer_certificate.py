"""A certificate as the directory asks about it, without any of X.509."""

from umbel.directory.objects import Gateway
from umbel.directory.peers import presented_names


class NamedCertificate:
    """A certificate of these names; how names prove a gateway is for identity to say."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def __str__(self) -> str:
        return " and ".join(self._names)

    def proves(self, gateway: Gateway) -> bool:
        return bool({*self._names} & {*presented_names(gateway)})
