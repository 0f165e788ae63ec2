"""Test calls: numbers, rights, encryption, and sound that does not come."""

from collections.abc import Sequence

from umbel.core.findings import Finding

from .bench import (
    Answer,
    Bench,
    accepting,
    answering,
    answering_invites,
    echo,
    lync,
    plain,
    response,
)
from .failure import failure

NUMBER = "2001"


async def _calls(
    bench: Bench, is_cured: bool, answer: Answer, *, in_vain: bool = False
) -> Sequence[Finding]:
    """Call a number that is answered so, or once it is cured by an echo."""
    audio = await bench.enter(echo())
    taken = answering_invites("" if is_cured else NUMBER, answer, audio)
    port = await bench.peer(taken)
    return await bench.diagnose(plain(port), call=NUMBER, in_vain=in_vain)


@failure(
    "10",
    symptom="a number cannot be reached from here",
    cause="the gateway does not know it",
    finding="call.no-such-number",
    cure="add it there",
)
async def a_number_that_nobody_has(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    return await _calls(bench, is_cured, answering("404 Not Found"))


@failure(
    "30",
    symptom="transfers to some numbers fail",
    cause="the trunk may not call them",
    finding="call.forbidden",
    cure="allow it there",
)
async def a_number_that_is_not_allowed(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    return await _calls(bench, is_cured, answering("403 Forbidden"))


@failure(
    "20",
    symptom="the first INVITE is answered, then nothing",
    cause="the gateway goes no further than 100 Trying",
    finding="call.no-final-answer",
    cure="have its redirection or its route mended",
)
async def a_call_that_goes_nowhere(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    return await _calls(bench, is_cured, answering("100 Trying"), in_vain=not is_cured)


@failure(
    "3",
    symptom="calls connect, and nothing is heard",
    cause="the gateway's audio goes to an address that does not lead here",
    finding="call.no-audio",
    cure="let it reach this node's media ports",
)
async def a_call_without_sound(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    silent = await bench.enter(echo(is_mute=True))
    return await _calls(bench, is_cured, accepting(silent))


@failure(
    "13",
    symptom="calls of one gateway alone fail",
    cause="it cannot encrypt audio, and we demand it",
    finding="call.incompatible-security",
    cure="umbel gateway set lync --srtp false",
)
async def a_gateway_without_srtp(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    audio = await bench.enter(echo())
    reason = {"ms-diagnostics": '15009;reason="Incompatible security setting"'}

    def answer(request: bytes) -> bytes | None:
        if b"RTP/SAVP" in request:
            return response(request, "488 Not Acceptable Here", reason)
        return accepting(audio)(request)

    port = await bench.peer(answer, bench.tls())
    gateway = lync(port, srtp=not is_cured)
    return await bench.diagnose(gateway, own=bench.authority.issue(), call=NUMBER)
