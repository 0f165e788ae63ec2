"""DNS, TCP, ports and transports."""

from collections.abc import Sequence

from tests.support.name_server import NameServer
from tests.support.program import free_port, port_pair

from umbel.core.findings import Finding
from umbel.directory.objects import Gateway, Transport

from .bench import (
    LOOPBACK,
    PEER,
    ZONE,
    Bench,
    answering,
    black_hole,
    configured,
    datagram_peer,
    lync,
    plain,
    speaking,
)
from .failure import failure


@failure(
    "",
    symptom="nothing reaches the gateway",
    cause="its name is mistyped, or not in DNS",
    finding="dns.no-such-name",
    cure="correct the name",
)
async def a_name_that_is_not_in_dns(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer()
    return await bench.diagnose(plain(port, PEER if is_cured else "lnyc.domain.local"))


@failure(
    "",
    symptom="nothing reaches the gateway",
    cause="its name is in DNS, but has no address",
    finding="dns.no-address",
    cure="add the A record",
)
async def a_name_without_an_address(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer()
    zone = ZONE if is_cured else {(PEER, "TXT"): ['"a name"']}
    return await bench.diagnose(plain(port), zone=zone)


@failure(
    "",
    symptom="no gateway can be reached by its name",
    cause="the name server does not answer",
    finding="dns.no-answer",
    cure="bring the name server back",
)
async def a_deaf_name_server(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer()
    return await bench.diagnose(
        plain(port), server=NameServer(ZONE, is_deaf=not is_cured), in_vain=not is_cured
    )


@failure(
    "36",
    symptom="after a move to the other data centre nothing reaches the gateway",
    cause="the SRV record still names the host that is gone",
    finding="dns.service-leads-nowhere",
    cure="correct the SRV record",
)
async def a_service_record_that_leads_nowhere(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer()
    host = PEER if is_cured else "gone.domain.local"
    zone = {("domain.local", "A"): [], ("_sip._tcp.domain.local", "SRV"): [f"0 0 {port} {host}."]}
    return await bench.diagnose(plain(None, "domain.local"), zone=zone | dict(ZONE))


@failure(
    "7",
    symptom="nothing reaches the gateway",
    cause="nothing listens there: it is switched off, or has this transport switched off",
    finding="tcp.refused",
    cure="start it",
)
async def a_closed_port(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = port_pair()
    if is_cured:
        await bench.peer(port=port)
    return await bench.diagnose(plain(port))


@failure(
    "",
    symptom="nothing reaches the gateway, after long waiting",
    cause="a firewall drops the packets",
    finding="tcp.no-answer",
    cure="open the way",
)
async def a_firewall_without_a_word(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    if is_cured:
        return await bench.diagnose(plain(await bench.peer()))
    port = await bench.enter(black_hole())
    return await bench.diagnose(plain(port), in_vain=True)


@failure(
    "35",
    symptom="outgoing calls fail in a secured dial plan",
    cause="the gateway's port was left at that of plain SIP",
    finding="tcp.other-port",
    cure="umbel gateway set lync --port 5061",
)
async def the_plain_port_in_a_secured_plan(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = port_pair()
    await bench.peer(port=port)
    await bench.peer(tls=bench.tls(), port=port + 1)
    own = bench.authority.issue()
    gateway = lync(port + 1 if is_cured else port)
    return await bench.diagnose(gateway, own=own, neighbours=(port + 1,), in_vain=not is_cured)


@failure(
    "7",
    symptom="the gateway is refused, although it runs",
    cause="the gateway speaks TLS, and we plain TCP",
    finding="tcp.other-transport",
    cure="umbel gateway set pbx --transport tls",
)
async def plain_sip_to_a_tls_port(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer(tls=bench.tls())
    transport = Transport.TLS if is_cured else Transport.TCP
    return await bench.diagnose(
        plain(port, transport=transport), own=bench.authority.issue(), in_vain=not is_cured
    )


@failure(
    "",
    symptom="TLS with the gateway fails",
    cause="a web server is at the port",
    finding="handshake.not-tls",
    cure="name the right port",
)
async def a_web_server(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    web = await bench.enter(speaking(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    port = await bench.peer(tls=bench.tls())
    own = bench.authority.issue()
    return await bench.diagnose(lync(port if is_cured else web), own=own)


@failure(
    "",
    symptom="the gateway takes connections, and nothing comes back",
    cause="another service is at the port",
    finding="options.other-protocol",
    cure="name the right port",
)
async def a_mail_server(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    mail = await bench.enter(speaking(b"220 mail.domain.local ESMTP\r\n\r\n"))
    port = await bench.peer()
    return await bench.diagnose(plain(port if is_cured else mail), in_vain=not is_cured)


@failure(
    "",
    symptom="TLS with the gateway takes long and fails",
    cause="the process behind the port hangs",
    finding="handshake.timed-out",
    cure="restart it",
)
async def a_hung_process(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    hung = await bench.enter(speaking(b""))
    port = await bench.peer(tls=bench.tls())
    own = bench.authority.issue()
    return await bench.diagnose(lync(port if is_cured else hung), own=own, in_vain=not is_cured)


@failure(
    "21",
    symptom="some calls fail, others do not",
    cause="one of the gateway's addresses is dead",
    finding="hops.some-fail",
    cure="bring it back, or take it out of DNS",
)
async def one_dead_server_of_two(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer()
    if is_cured:
        await bench.peer(port=port, address="127.0.0.2")
    zone = {(PEER, "A"): [LOOPBACK, "127.0.0.2"]}
    return await bench.diagnose(plain(port), zone=zone)


@failure(
    "17",
    symptom="now and then a call is taken for another gateway's",
    cause="two gateways have one address",
    finding="site.shared-address",
    cure="give each an address of its own",
)
async def two_gateways_with_one_address(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer()
    other = Gateway(name="twin", address="twin.domain.local", port=port, transport=Transport.TCP)
    zone = {**ZONE, ("twin.domain.local", "A"): ["127.0.0.9" if is_cured else LOOPBACK]}
    gateway = plain(port)
    return await bench.diagnose(gateway, zone=zone, configuration=configured(gateway, other))


@failure(
    "",
    symptom="a gateway over UDP never answers",
    cause="it takes SIP over TCP only",
    finding="tcp.other-transport",
    cure="umbel gateway set pbx --transport tcp",
)
async def a_gateway_without_udp(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = free_port()
    await bench.peer(port=port)
    transport = Transport.TCP if is_cured else Transport.UDP
    return await bench.diagnose(plain(port, transport=transport), in_vain=not is_cured)


@failure(
    "",
    symptom="a gateway over UDP never answers",
    cause="it is silent: it does not take what comes from this node",
    finding="options.no-answer",
    cure="let it take this node's requests",
)
async def a_silent_gateway(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    answer = answering() if is_cured else lambda _request: None
    port = await bench.enter(datagram_peer(answer))
    return await bench.diagnose(plain(port, transport=Transport.UDP), in_vain=not is_cured)


@failure(
    "",
    symptom="calls of the gateway are refused as those of a stranger",
    cause="it answers from another address than the one that is configured",
    finding="options.answered-from-elsewhere",
    cure="umbel gateway set pbx --from-addresses ADDRESS",
)
async def an_answer_from_elsewhere(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.enter(datagram_peer(answering(), from_elsewhere=not is_cured))
    return await bench.diagnose(plain(port, transport=Transport.UDP))
