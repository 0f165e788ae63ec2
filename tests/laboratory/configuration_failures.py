"""What the configuration of this node itself stands in the way of."""

from collections.abc import Sequence
from dataclasses import replace

from umbel.core.findings import Finding
from umbel.directory.objects import (
    AutoAttendant,
    DialPlan,
    Gateway,
    Security,
    Status,
    Transport,
)

from .bench import Bench, configured, lync, plain
from .failure import failure


@failure(
    "7",
    symptom="port 5061 is closed here",
    cause="this node has no TLS listener",
    finding="site.no-tls-listener",
    cure='add [[listener]] transport = "tls" to umbel.toml',
)
async def no_tls_listener(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer(tls=bench.tls())
    listens = (Transport.UDP, Transport.TLS) if is_cured else (Transport.UDP,)
    return await bench.diagnose(lync(port), own=bench.authority.issue(), listens=listens)


@failure(
    "10",
    symptom="the subscriber access number cannot be reached",
    cause="no hunt group leads the gateway's calls to a dial plan",
    finding="gateway.no-hunt-group",
    cure="umbel huntgroup add",
)
async def no_hunt_group(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    gateway = plain(await bench.peer())
    configuration = configured(gateway)
    if not is_cured:
        configuration = replace(configuration, hunt_groups={})
    return await bench.diagnose(gateway, configuration=configuration)


@failure(
    "12",
    symptom="every call of the gateway is refused",
    cause="the dial plan is secured, and the gateway speaks plain SIP",
    finding="site.plan-needs-tls",
    cure="TLS at the gateway, or an unsecured dial plan",
)
async def a_secured_plan_and_a_plain_gateway(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    security = Security.UNSECURED if is_cured else Security.SECURED
    return await _with_plan(bench, DialPlan(name="office", security=security))


@failure(
    "13",
    symptom="audio of one gateway is not encrypted, or its phones fail alone",
    cause="the gateway has srtp false in a secured dial plan",
    finding="site.plan-needs-srtp",
    cure="umbel gateway set lync --clear srtp",
)
async def a_secured_plan_and_no_srtp(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    gateway = lync(await bench.peer(tls=bench.tls()), srtp=None if is_cured else False)
    plan = DialPlan(name="office", security=Security.SECURED)
    configuration = configured(gateway, plan=plan)
    own = bench.authority.issue()
    return await bench.diagnose(gateway, own=own, configuration=configuration)


@failure(
    "27",
    symptom="the auto attendant says that a transfer is not possible",
    cause="its callers may not dial extensions",
    finding="site.attendant-forbids-extensions",
    cure="umbel attendant set reception --dial-extensions true",
)
async def an_attendant_that_may_not_transfer(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    gateway = plain(await bench.peer())
    attendant = AutoAttendant(name="reception", dial_plan="office", dial_extensions=is_cured)
    configuration = replace(configured(gateway), attendants={"reception": attendant})
    return await bench.diagnose(gateway, configuration=configuration)


@failure(
    "28",
    symptom="callers cannot be put through to people without a mailbox",
    cause="the dial plan does not allow its extensions",
    finding="site.plan-forbids-extensions",
    cure="umbel dialplan set office --dial-extensions true",
)
async def a_plan_that_forbids_extensions(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    return await _with_plan(bench, DialPlan(name="office", dial_extensions=is_cured))


@failure(
    "",
    symptom="the gateway's calls are refused",
    cause="it was disabled here and forgotten",
    finding="site.gateway-not-enabled",
    cure="umbel gateway set pbx --status enabled",
)
async def a_disabled_gateway(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    status = Status.ENABLED if is_cured else Status.DISABLED
    return await bench.diagnose(plain(await bench.peer(), status=status))


@failure(
    "17",
    symptom="calls are taken for those of another gateway",
    cause="the same gateway was added twice",
    finding="gateway.twins",
    cure="remove one of them",
)
async def one_gateway_twice(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    first = plain(await bench.peer())
    second = Gateway(
        name="pbx-again", address=first.address, port=first.port, transport=first.transport
    )
    configuration = configured(first) if is_cured else configured(first, second)
    return await bench.diagnose(second if not is_cured else first, configuration=configuration)


async def _with_plan(bench: Bench, plan: DialPlan) -> Sequence[Finding]:
    gateway = plain(await bench.peer())
    return await bench.diagnose(gateway, configuration=configured(gateway, plan=plan))
