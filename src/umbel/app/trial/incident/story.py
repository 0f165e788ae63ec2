"""The incident, step by step: what everybody sees, why, and each of the cures, tried for real."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from umbel.app.certificates import certificates_of, issuing
from umbel.app.diagnosing.outfit import Asked
from umbel.app.diagnosing.question import Question, answer
from umbel.app.exchange import Exchange, PhoneCall, ProofFailed
from umbel.core import event_catalogue as catalogue
from umbel.core.findings import Severity
from umbel.core.instants import Duration
from umbel.diagnosis.matrix import SiteDiagnosis
from umbel.identity.certificate_request import KeyKind, RequestedNames
from umbel.identity.judgement import Verdict
from umbel.identity.plan_designs import Design
from umbel.media.likeness import equal_in_pieces
from umbel.net.dns import NameSources
from umbel.sip.address import Address
from umbel.sip.uri import Uri

from .pool import Topology
from .stage import ACCESS, ARRAY, ATTENDANT, NODES, PIN, POOL, Stage
from .witness import Witness

AT_LEAST_EQUAL: Final = 0.8
"""Of the samples of the call that stayed up; of other audio 1 in 15 is equal."""

Tell = Callable[[str], None]
"""Prints a line."""
Heard = Callable[[str, Duration], Awaitable[None]]
"""Waits until some caller hears a text, for so many seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who plays."""

    stage: Stage
    pool: Exchange
    topology: Topology
    witness: Witness
    chapter: Tell
    """What the next steps are about."""
    tell: Tell
    """A step, in words."""
    quote: Tell
    """What a program says, as it says it."""
    heard: Heard
    music: NDArray[np.int16]
    """The message that is played to the caller who stays on the line."""


async def play(cast: Cast) -> None:
    """Play all of it; ``ProofFailed`` where a step does not come true."""
    cast.chapter("1  THE TROUBLE")
    await _mailbox_works(cast)
    await _transfer_fails(cast)
    cast.chapter("2  WHY")
    await _both_nodes_say_why(cast)
    await _diagnosis_agrees(cast)
    cast.chapter("3  THE CURE")
    _plan_recommends(cast)
    cast.tell("Alexander Graham Bell begins to hear a long message, and stays on the line.")
    listening = await _begin_to_hear(cast, "2003", NODES[0])
    await _give_own_certificates(cast)
    await _transfer_succeeds(cast)
    await _nothing_was_noticed(cast, listening)
    cast.chapter("4  THE OTHER CURES")
    await _name_the_array(cast)
    await _show_one_for_both(cast)


# --- the trouble ---------------------------------------------------------------------------


async def _mailbox_works(cast: Cast) -> None:
    cast.tell(
        f"Elisha Gray hears her mailbox. The pool calls {NODES[0]} and looks for that name in the "
        "certificate: it is there, among the alternative names."
    )
    call = await _begin_to_hear(cast, "2002", NODES[0])
    await cast.heard("To hear the message again", 30)
    await cast.pool.hang_up(call)


async def _transfer_fails(cast: Cast) -> None:
    cast.tell("Thomas Watson asks the attendant for Antonio Meucci.")
    call = await _ask_for_meucci(cast, NODES[0])
    await cast.heard("could not", 30)
    await cast.heard("leave a message", 30)
    await cast.pool.hang_up(call)
    _expect(not call.referred_to.done(), "the pool took a transfer from a server it does not know")
    cast.tell("He was not put through, but he was told so, and could have left a message.")


async def _both_nodes_say_why(cast: Cast) -> None:
    cast.tell("Each node asks the pool by OPTIONS whether it is there. Both told event 1400:")
    events = [await cast.witness.told(catalogue.GATEWAY_UNRESPONSIVE, node) for node in NODES]
    for node, event in zip(NODES, events, strict=True):
        _expect("refused by them" in event.sentence, f"{node} does not say who refused")
        _expect(f"common name is {ARRAY}" in event.sentence, f"{node} does not say why")
    cast.quote(events[0].sentence)
    refused = ", ".join(dict.fromkeys(cast.topology.turned_away))
    cast.tell(
        "The first line is all that Exchange said. The others are what it kept to itself: the pool "
        "looks up whoever asks it for something by the common name, and alternative names do not "
        f"count. Only the pool knew; its log would say: no configured server, {refused}."
    )


async def _diagnosis_agrees(cast: Cast) -> None:
    cast.tell("One glance shows it, on either node: umbel diagnose")
    summaries = [await _diagnosed(cast, node) for node in NODES]
    cast.quote(summaries[0])


async def _diagnosed(cast: Cast, node: str) -> str:
    """Quote how a node stands with the pool, and give the sentence to act on."""
    found = await _diagnose(cast, node)
    errors = [one for one in found.findings if one.severity is Severity.ERROR]
    _expect(bool(errors), f"the diagnosis of {node} has no error")
    _expect(ARRAY in errors[0].seen, f"the first finding of {node} is another one")
    for row in found.rows:
        to, back = row.to_gateway, row.from_gateway
        cast.quote(f"{node}   to the pool: {to.text}   from the pool: {back.text}")
    return found.summary


def _plan_recommends(cast: Cast) -> None:
    cast.tell("umbel certificate plan tries every design with every node and direction:")
    plan = cast.stage.plan()
    for result in plan.results:
        works, all_of_them = result.count(Verdict.ACCEPTED), len(result.crossings)
        cast.quote(f"{works} of {all_of_them} connections work: {result.design.value}")
    _expect(plan.recommended is Design.ONE_PER_NODE, f"it recommends {plan.recommended.value}")
    cast.quote(f"Recommended: {plan.recommended.value}")


# --- the cure ------------------------------------------------------------------------------


async def _give_own_certificates(cast: Cast) -> None:
    cast.tell("On each node: umbel certificate issue. Nothing else, and no restart.")
    for node in NODES:
        settings = cast.stage.settings[node]
        work = issuing(cast.stage.folder / "company", certificates_of(settings))
        done = work.issue_here(RequestedNames.of_node(node), KeyKind.RSA_2048)
        _expect(done.new is not None, f"the certificate of {node} was refused: {done.findings}")
    await _until_up(cast)


async def _transfer_succeeds(cast: Cast) -> None:
    cast.tell("Thomas Watson asks for Antonio Meucci again, on the other node.")
    call = await _ask_for_meucci(cast, NODES[1])
    target = await cast.pool.follow_transfer(call)
    _expect(target.user == "2001", f"the call was transferred to {target}")
    await cast.pool.until_over(call)
    cast.tell("The pool was asked to call 2001, and did. Mister Meucci answers.")


async def _nothing_was_noticed(cast: Cast, call: PhoneCall) -> None:
    cast.tell("Alexander Graham Bell hears his message to the end …")
    await cast.heard("To hear the message again", 60)
    await cast.pool.hang_up(call)
    share = equal_in_pieces(cast.music, call.samples())
    _expect(share >= AT_LEAST_EQUAL, f"only {share:.0%} of the message was heard as it is")
    cast.tell(
        f"… without a gap: {share:.1%} of its samples came unchanged. Between its first word and "
        "its last his node got another certificate."
    )


# --- the other cures -----------------------------------------------------------------------


async def _name_the_array(cast: Cast) -> None:
    cast.tell(
        f"Another cure: the shared certificate again, and the pool's administrator adds {ARRAY} to "
        "the servers of the topology."
    )
    cast.stage.show(ARRAY, *NODES)
    for node in NODES:
        await cast.witness.told(catalogue.GATEWAY_UNRESPONSIVE, node)
    cast.topology.servers.add(ARRAY)
    await _until_up(cast)
    call = await _ask_for_meucci(cast, NODES[0])
    await cast.pool.follow_transfer(call)
    await cast.pool.until_over(call)
    cast.tell(
        "That works too. But one key is on both nodes: whoever steals it is the whole array, and "
        "its renewal concerns both at once. And the pool cannot tell its servers apart."
    )


async def _show_one_for_both(cast: Cast) -> None:
    cast.tell(f"And the certificate of {NODES[0]} on both nodes?")
    cast.topology.servers.discard(ARRAY)
    cast.witness.look_from_now()
    cast.stage.show(NODES[0])
    for node in NODES:
        await cast.witness.told(catalogue.CERTIFICATE_REPLACED, node)
    cast.pool.close_connections()  # Those that live keep the certificates that they began with.
    refused = await _is_refused(cast, NODES[1])
    _expect(bool(refused), f"the pool took {NODES[1]} for what it is not")
    cast.quote(f"the pool, calling {NODES[1]}: {refused}")
    cast.tell(
        f"What {NODES[1]} asks for is now taken for {NODES[0]}'s, so OPTIONS are answered and "
        "transfers go. But no call reaches it any more: it is not the one that the pool dialled."
    )


# --- all that is done more than once -------------------------------------------------------


async def _until_up(cast: Cast) -> None:
    for node in NODES:
        event = await cast.witness.told(catalogue.GATEWAY_RECOVERED, node)
        cast.quote(f"{node}, event 1401: {event.sentence.partition(' Transport')[0]}")


async def _begin_to_hear(cast: Cast, extension: str, node: str) -> PhoneCall:
    call = await cast.pool.call(_at(cast, ACCESS, node), _caller(extension))
    await cast.heard("PIN", 20)
    await cast.pool.press(call, PIN + "#")
    await cast.heard("new message", 20)
    await cast.pool.press(call, "1")
    await cast.heard("Message from", 20)
    return call


async def _ask_for_meucci(cast: Cast, node: str) -> PhoneCall:
    call = await cast.pool.call(_at(cast, ATTENDANT, node), _caller("+16175550110"))
    await cast.heard("press 1", 30)
    await cast.pool.press(call, "1")
    return call


async def _is_refused(cast: Cast, node: str) -> str:
    """Let the pool call a node that it is not to find, and give why it did not."""
    try:
        call = await cast.pool.call(_at(cast, ATTENDANT, node), _caller("+16175550110"))
    except ProofFailed as failure:
        return str(failure)
    await cast.pool.hang_up(call)
    return ""


async def _diagnose(cast: Cast, node: str) -> SiteDiagnosis:
    asked = Asked(sources=NameSources(hosts=cast.stage.hosts))
    (found,) = await answer(Question(asked=asked), cast.stage.settings[node])
    if not isinstance(found, SiteDiagnosis):
        raise ProofFailed(f"the diagnosis of {node} is about something else")
    return found


def _expect(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise ProofFailed(otherwise)


def _at(cast: Cast, user: str, node: str) -> Uri:
    return Uri(
        scheme="sip",
        user=user,
        host=node,
        port=cast.stage.ports[node],
        parameters={"transport": "tls"},
    )


def _caller(number: str) -> Address:
    return Address(uri=Uri(scheme="sip", user=number, host=POOL))
