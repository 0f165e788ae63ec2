"""A test call as steps: the answer, what we hear, and what they hear."""

from collections.abc import Iterator

from .call_trial import CallTrial, Heard, Passage
from .steps import Sight, StepSeen

_IN_WORDS = {
    Heard.NOTHING: "nothing",
    Heard.SILENCE: "silence",
    Heard.SOUND: "sound",
    Heard.OURSELVES: "an echo of what we say",
}


def call_steps(call: CallTrial | None) -> Iterator[StepSeen]:
    """Tell how a test call went; ``None``: the way to the peer ended before."""
    if call is None:
        yield StepSeen(name="call", sight=Sight.NOT_REACHED, text="not reached")
        return
    yield _answer(call)
    if call.is_answered:
        yield _we_hear(call)
        yield _they_hear(call.passage)


def _answer(call: CallTrial) -> StepSeen:
    if call.status is None:
        text = f"{call.target}: no answer within {call.took:.0f} s"
        return StepSeen(name="call", sight=Sight.BAD, text=text)
    if not call.is_answered:
        text = f"{call.target}: {call.status} {call.reason}"
        return StepSeen(name="call", sight=Sight.BAD, text=text, took=call.took)
    text = f"{call.target} answered; {call.codec}, {call.encryption or 'not encrypted'}"
    return StepSeen(name="call", sight=Sight.GOOD, text=text, took=call.took)


def _we_hear(call: CallTrial) -> StepSeen:
    is_good = call.heard in (Heard.SOUND, Heard.OURSELVES)
    text = _IN_WORDS[call.heard]
    if call.echo_after is not None:
        text += f" after {1000 * call.echo_after:.0f} ms"
    if call.passage is not None:
        text += f"; {call.passage.received} packets, {call.passage.lost} lost"
        text += f", jitter {1000 * call.passage.jitter:.0f} ms"
    return StepSeen(name="we hear", sight=Sight.GOOD if is_good else Sight.BAD, text=text)


def _they_hear(passage: Passage | None) -> StepSeen:
    if passage is None or passage.lost_by_peer is None:
        return StepSeen(name="they hear", sight=Sight.DOUBTFUL, text="they do not say (no RTCP)")
    text = f"{passage.sent} packets, {passage.lost_by_peer} lost"
    if passage.round_trip is not None:
        text += f"; {1000 * passage.round_trip:.0f} ms there and back"
    return StepSeen(name="they hear", sight=Sight.GOOD, text=text)
