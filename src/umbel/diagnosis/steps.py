"""The way to a peer as a list of steps, each with what was seen there: the short of a diagnosis."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from umbel.core.instants import Duration
from umbel.identity.handshake import Ending, HandshakeReport, Role
from umbel.identity.identity_findings import all_names_of
from umbel.identity.judgement import Judgement
from umbel.identity.names import presented_names
from umbel.sip.hop import Transport
from umbel.sip.host import write_host

from .attempt import Attempt, Step
from .peering import Peering


class Sight(StrEnum):
    """How a step looked."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"
    NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSeen:
    """One step."""

    name: str
    sight: Sight
    text: str
    took: Duration | None = None


_ORDER = (Step.RESOLVING, Step.CONNECTING, Step.SHAKING_HANDS, Step.IDENTIFYING, Step.ASKING)


def steps_seen(
    attempts: Sequence[Attempt], peering: Peering, accepted: HandshakeReport | None = None
) -> Iterator[StepSeen]:
    """Tell the steps of the way to a peer: DNS once, then each address; then the way back."""
    own = [one for one in attempts if not one.despite_refusal]
    if not own:
        return
    yield _dns(own[0])
    for attempt in own:
        if attempt.hop is not None:
            yield from _hop_steps(attempt, peering)
    if own[0].transport is Transport.TLS and peering.is_configured:
        yield _way_back(accepted, peering)


def _way_back(accepted: HandshakeReport | None, peering: Peering) -> StepSeen:
    """Tell of TLS with us as server: as it was last seen, or else as the rule has it."""
    if accepted is not None:
        address, when = accepted.remote[0], f"{accepted.at:%F %R} UTC"
        is_good = accepted.ending is Ending.SUCCEEDED and accepted.verify_code == 0
        reason = accepted.verify_text or accepted.detail
        said = "took our certificate" if is_good else f"{accepted.ending.value}: {reason}"
        return StepSeen(
            name="TLS to us",
            sight=Sight.GOOD if is_good else Sight.BAD,
            text=f"{address} {said} at {when}",
        )
    around = peering.around
    if around.model is None or not around.own_chain:
        return StepSeen(name="TLS to us", sight=Sight.NOT_REACHED, text="not seen yet")
    judgement = around.model.judge(presented_names(around.own_chain[0]), our_role=Role.SERVER)
    return StepSeen(
        name="TLS to us",
        sight=Sight.DOUBTFUL if judgement.is_accepted else Sight.BAD,
        text=f"not seen yet; {_by_rule(judgement)}",
    )


def _dns(attempt: Attempt) -> StepSeen:
    if attempt.step is Step.RESOLVING:
        return StepSeen(name="DNS", sight=Sight.BAD, text=attempt.problem)
    return StepSeen(name="DNS", sight=Sight.GOOD, text=_addresses(attempt))


def _addresses(attempt: Attempt) -> str:
    if attempt.hops and attempt.hops[0].address == attempt.target:
        return "an IP address: nothing to look up"
    places = dict.fromkeys(write_host(hop.address, hop.port) for hop in attempt.hops)
    return f"{attempt.target} is {', '.join(places)}"


def _hop_steps(attempt: Attempt, peering: Peering) -> Iterator[StepSeen]:
    hop = attempt.hop
    place = write_host(hop.address, hop.port) if hop is not None else attempt.target
    if attempt.redirected_by:
        place += f", where {attempt.redirected_by} sends us"
    if attempt.transport is not Transport.UDP:
        yield _step("TCP", attempt, Step.CONNECTING, f"{place} took the connection")
    elif attempt.step is Step.CONNECTING:
        yield StepSeen(name="UDP", sight=Sight.BAD, text=attempt.problem)
    if attempt.transport is Transport.TLS:
        yield _tls(attempt)
        yield from _identities(attempt.handshake, peering)
    yield _options(attempt, place)


def _step(name: str, attempt: Attempt, step: Step, good: str) -> StepSeen:
    if attempt.step is step:
        return StepSeen(name=name, sight=Sight.BAD, text=attempt.problem)
    if _ended_before(attempt, step):
        return StepSeen(name=name, sight=Sight.NOT_REACHED, text="not reached")
    return StepSeen(name=name, sight=Sight.GOOD, text=good)


def _ended_before(attempt: Attempt, step: Step) -> bool:
    return attempt.step in _ORDER and _ORDER.index(attempt.step) < _ORDER.index(step)


def _tls(attempt: Attempt) -> StepSeen:
    report = attempt.handshake
    if report is None:
        return _step("TLS", attempt, Step.SHAKING_HANDS, "")
    step = _step("TLS", attempt, Step.SHAKING_HANDS, f"{report.version}, {report.cipher}")
    return replace(step, took=report.took)


def _identities(report: HandshakeReport | None, peering: Peering) -> Iterator[StepSeen]:
    """Say what each side makes of the other's certificate."""
    if report is None or not report.peer_chain:
        yield StepSeen(name="who it is", sight=Sight.NOT_REACHED, text="no certificate was seen")
    else:
        yield _who_it_is(report, peering)
    yield _who_we_are(report, peering)


def _who_it_is(report: HandshakeReport, peering: Peering) -> StepSeen:
    names = presented_names(report.peer_chain[0])
    text, demand = all_names_of(names), peering.around.demand
    is_wrong = demand is not None and not demand.judge(names, our_role=report.role).is_accepted
    is_refused = is_wrong or report.ending is Ending.REFUSED_BY_US
    return StepSeen(name="who it is", sight=Sight.BAD if is_refused else Sight.GOOD, text=text)


def _who_we_are(report: HandshakeReport | None, peering: Peering) -> StepSeen:
    """Say what the peer made, or by its rule will make, of our certificate."""
    name = "who we are"
    chain = (report.own_chain if report is not None else ()) or peering.around.own_chain
    if not chain:
        return StepSeen(name=name, sight=Sight.NOT_REACHED, text="we showed no certificate")
    names = presented_names(chain[0])
    shown = all_names_of(names)
    if report is not None and report.ending is Ending.SUCCEEDED and report.own_chain:
        return StepSeen(name=name, sight=Sight.GOOD, text=shown)
    model = peering.around.model
    if model is None:
        return StepSeen(name=name, sight=Sight.DOUBTFUL, text=shown)
    judgement = model.judge(names, our_role=Role.CLIENT)
    sight = Sight.DOUBTFUL if judgement.is_accepted else Sight.BAD
    return StepSeen(name=name, sight=sight, text=f"{shown}; {_by_rule(judgement)}")


def _by_rule(judgement: Judgement) -> str:
    return f"its rule {judgement.rule.name} says: {judgement.verdict.value}"


def _options(attempt: Attempt, place: str) -> StepSeen:
    if attempt.step is not Step.ANSWERED:
        return _step("OPTIONS", attempt, Step.ASKING, "")
    text = f"{attempt.status} {attempt.reason}"
    if attempt.server:
        text += f", from {attempt.server}"
    if attempt.transport is Transport.UDP:
        text += f" at {place}"
    is_fine = attempt.is_alive and attempt.status is not None and attempt.status < 300
    sight = Sight.GOOD if is_fine else Sight.DOUBTFUL if attempt.is_alive else Sight.BAD
    return StepSeen(name="OPTIONS", sight=sight, text=text, took=attempt.answered_after)
