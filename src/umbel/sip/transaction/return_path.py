"""How a response finds its way back (RFC 3261 section 18.2, RFC 3581)."""

from umbel.core.addresses import is_ip_address, read_ip_address
from umbel.sip.hop import Hop, Source, Transport
from umbel.sip.message import Request
from umbel.sip.via import Via


def note_arrival(request: Request, source: Source) -> None:
    """Write into the top Via where the request really came from: ``received`` and ``rport``."""
    via = request.via
    noted: dict[str, str | None] = {}
    if via.asks_for_rport:
        noted = {"rport": str(source.port), "received": source.address}
    elif not is_same_host(via.host, source.address):
        noted = {"received": source.address}
    if noted:
        _replace_top_via(request, via.with_parameters(noted))


def hop_back(request: Request, source: Source) -> Hop:
    """
    Give the hop that responses take, after ``note_arrival``.

    Over a connection: the same one or, where that is gone, a new one to the port in the Via.
    Over UDP: the address that the request came from, at the port that the peer asks for; or the
    multicast group in ``maddr``. Any other address there would let a peer have us send to
    somebody who asked for nothing. Either leaves from where the request came to (RFC 3581
    section 4), whatever the peer asks of our other addresses meanwhile.
    """
    via = request.via
    port = via.port or source.transport.default_port
    if source.transport is not Transport.UDP:
        return Hop(
            transport=source.transport,
            address=source.address,
            port=port,
            connection=source.connection,
        )
    if (group := via.parameters.get("maddr")) is not None and _is_multicast(group):
        return Hop(transport=Transport.UDP, address=group, port=port, local=source.local)
    port = via.rport or port
    return Hop(transport=Transport.UDP, address=source.address, port=port, local=source.local)


def _replace_top_via(request: Request, via: Via) -> None:
    headers = request.headers
    vias, lines = request.vias, headers.get_all("Via")
    of_first_line = len(vias) if len(lines) == 1 else len(Via.parse_many(lines[0]))
    vias[0] = via
    headers.replace_first("Via", ", ".join(map(str, vias[:of_first_line])))
    headers.know("via", vias)


def _is_multicast(host: str) -> bool:
    return is_ip_address(host) and read_ip_address(host).is_multicast


def is_same_host(host: str, address: str) -> bool:
    """Say whether the host of a Via is the IP address that its request came from."""
    return host == address or (
        is_ip_address(host) and read_ip_address(host) == read_ip_address(address)
    )
