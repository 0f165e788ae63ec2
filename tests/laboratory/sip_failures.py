"""What a peer answers to OPTIONS."""

from collections.abc import Sequence

from tests.support.program import free_port

from umbel.core.findings import Finding

from .bench import LOOPBACK, Bench, answering, plain
from .failure import failure


async def _answers(
    bench: Bench, is_cured: bool, status: str, headers: dict[str, str] | None = None
) -> Sequence[Finding]:
    answer = answering() if is_cured else answering(status, headers)
    return await bench.diagnose(plain(await bench.peer(answer)))


@failure(
    "9",
    symptom="everything that this node sends is refused",
    cause="the gateway has no object, trunk or rule for this node",
    finding="options.forbidden",
    cure="have this node added there",
)
async def a_node_without_a_trunk(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    return await _answers(bench, is_cured, "403 Forbidden")


@failure(
    "",
    symptom="everything that this node sends is refused",
    cause="the gateway asks for a user name and a password",
    finding="options.asks-for-password",
    cure="umbel gateway set pbx --username NAME --password PASSWORD",
)
async def a_gateway_that_asks_for_a_password(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    challenge = {"WWW-Authenticate": 'Digest realm="pbx", nonce="1"'}
    return await _answers(bench, is_cured, "401 Unauthorized", challenge)


@failure(
    "12",
    symptom="all calls fail: incompatible security setting",
    cause="the gateway demands encrypted audio, and the dial plan does not offer it",
    finding="options.not-acceptable",
    cure="umbel dialplan set PLAN --security secured",
    says="Incompatible security setting",
)
async def incompatible_security_settings(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    reason = {"ms-diagnostics": '15009;reason="Incompatible security setting"'}
    return await _answers(bench, is_cured, "488 Not Acceptable Here", reason)


@failure(
    "18",
    symptom="a PBX rejects what this node sends",
    cause="it does not like the form of a header",
    finding="options.malformed",
    cure="its configuration",
    says="From is not numeric",
)
async def a_gateway_that_is_strict(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    warning = {"Warning": '399 pbx "From is not numeric"'}
    return await _answers(bench, is_cured, "400 Bad Request", warning)


@failure(
    "19",
    symptom="calls fail every other week",
    cause="a firewall lets only one of the ports pass that the gateway redirects to",
    finding="options.redirection-unanswered",
    cure="open all of them",
)
async def a_redirection_to_a_closed_port(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    worker = free_port()
    if is_cured:
        await bench.peer(port=worker)
    contact = {"Contact": f"<sip:{LOOPBACK}:{worker};transport=tcp>"}
    port = await bench.peer(answering("302 Moved Temporarily", contact))
    return await bench.diagnose(plain(port))


@failure(
    "20",
    symptom="the gateway redirects, and nothing follows",
    cause="its redirection names no address",
    finding="options.redirected-nowhere",
    cure="have it mended there",
)
async def a_redirection_to_nowhere(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    return await _answers(bench, is_cured, "302 Moved Temporarily")


@failure(
    "29",
    symptom="transfers are refused",
    cause="REFER is switched off at the trunk",
    finding="options.no-refer",
    cure="switch it on",
)
async def a_trunk_without_refer(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    methods = "INVITE, ACK, BYE, CANCEL, OPTIONS" + (", REFER" if is_cured else "")
    port = await bench.peer(answering(headers={"Allow": methods}))
    return await bench.diagnose(plain(port))


@failure(
    "",
    symptom="no new call is taken",
    cause="the gateway is being drained",
    finding="options.draining",
    cure="enable it there",
)
async def a_gateway_that_drains(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    return await _answers(bench, is_cured, "503 Service Unavailable", {"Retry-After": "30"})


@failure(
    "",
    symptom="calls fail",
    cause="the proxy in front of the gateway does not reach it",
    finding="options.nobody-behind",
    cure="start what is behind it",
)
async def a_proxy_with_nobody_behind(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    return await _answers(bench, is_cured, "408 Request Timeout")


@failure(
    "",
    symptom="calls fail after going in circles",
    cause="the proxy sends on what is meant for itself",
    finding="options.loop",
    cure="name its own names there",
)
async def a_loop(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    return await _answers(bench, is_cured, "483 Too Many Hops")


@failure(
    "",
    symptom="calls fail",
    cause="the gateway is overloaded or stopped",
    finding="options.unavailable",
    cure="bring it back to work",
)
async def an_overloaded_gateway(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    return await _answers(bench, is_cured, "503 Service Unavailable")
