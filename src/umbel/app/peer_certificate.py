"""Whom we believe by a certificate: the gateway that a caller is, and the one that we call."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from umbel.diagnosis.gateway_identity import our_demand
from umbel.directory.objects import Gateway
from umbel.directory.peers import Resolved, gateway_at
from umbel.directory.ports import Configuration
from umbel.identity.demands import OurDemand
from umbel.identity.handshake import HandshakeReport, Role
from umbel.identity.identity_findings import all_names_of
from umbel.identity.names import PresentedNames, presented_names
from umbel.sip.hop import Hop, Source

_MOST_PLACES: Final = 1024

Place = tuple[str, str, int]
"""The domain, address and port of a hop."""


class VerifiedCertificate:
    """A peer's certificate whose chain OpenSSL found good."""

    def __init__(self, names: PresentedNames, our_role: Role) -> None:
        """Judge in *our_role*: rules differ for the certificates of clients and of servers."""
        self._names = names
        self._our_role = our_role
        # Each request asks, about every gateway, and the answer never changes.
        self._proved: dict[tuple[str, str, tuple[str, ...]], bool] = {}

    def __str__(self) -> str:
        return all_names_of(self._names)

    def proves(self, gateway: Gateway) -> bool:
        """Say whether it is this gateway's, by the gateway's ``our_rule``."""
        asked = gateway.our_rule, gateway.address, gateway.certificate_names
        if asked not in self._proved:
            judgement = our_demand(gateway).judge(self._names, our_role=self._our_role)
            self._proved[asked] = judgement.is_accepted
        return self._proved[asked]


def verified_certificate(source: Source) -> VerifiedCertificate | None:
    """Give the certificate that came with a connection; ``None``: none that we believe."""
    report = source.handshake
    if not isinstance(report, HandshakeReport) or not report.is_verified:
        return None
    return _certificate(report.peer_chain[0], report.role)


def demand_on(hop: Hop, configuration: Configuration, resolved: Resolved) -> OurDemand:
    """Say what a TLS server has to prove before a request goes to it."""
    host = hop.domain.rstrip(".") or hop.address
    gateway = gateway_at(host, hop.port, configuration.gateways, resolved)
    return OurDemand.of_host(host) if gateway is None else our_demand(gateway)


class Demands:
    """
    What TLS servers have to prove, place by place.

    It is asked at each send: what was found is kept until the configuration or DNS changes.
    """

    def __init__(
        self, configuration: Callable[[], Configuration], resolved: Callable[[], Resolved]
    ) -> None:
        self._configuration, self._resolved = configuration, resolved
        self._seen: tuple[Configuration, Resolved] | None = None
        self._found: dict[Place, OurDemand] = {}

    def on(self, hop: Hop) -> OurDemand:
        """Say what a server has to prove before a request goes to it."""
        configuration, resolved = self._configuration(), self._resolved()
        before = self._seen
        if before is None or before[0] is not configuration or before[1] is not resolved:
            self._seen = configuration, resolved
            self._found.clear()
        place = hop.domain, hop.address, hop.port
        if place not in self._found:
            if len(self._found) >= _MOST_PLACES:
                self._found.clear()
            self._found[place] = demand_on(hop, configuration, resolved)
        return self._found[place]


@lru_cache(maxsize=1024)
def _certificate(der: bytes, our_role: Role) -> VerifiedCertificate:
    return VerifiedCertificate(presented_names(der), our_role)
