"""The questions that the incident leaves open, answered from the plan and from how Umbel works."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A question of administrators, the answer, and what it rests on."""

    question: str
    answer: str
    evidence: str


def answers(*, shared_failures: Sequence[str], own_works: bool, nodes: int) -> tuple[Answer, ...]:
    """
    Answer what the incident leaves open.

    *shared_failures* are the directions that fail with one shared certificate; *own_works* says
    whether all work with one certificate per node.
    """
    return (
        _availability(shared_failures),
        _own_key(shared_failures, own_works=own_works),
        _sharing(nodes),
        _sessions(),
    )


def _availability(shared_failures: Sequence[str]) -> Answer:
    refused = _listed(shared_failures)
    return Answer(
        question="Does availability suffer when the service name stands for the array?",
        answer="In DNS and routing, no: a name for the array lets every node take every call. In "
        "the common name of a certificate, yes, wherever a peer looks servers up by it: it then "
        "knows no node.",
        evidence=f"with one shared certificate, refused or doubtful: {refused}"
        if shared_failures
        else "with the gateways as configured, no direction fails with the array's name",
    )


def _own_key(shared_failures: Sequence[str], *, own_works: bool) -> Answer:
    if shared_failures and own_works:
        answer = "Yes, with these gateways: they know a node by the name of its own certificate."
    elif shared_failures:
        answer = "It is not enough with these gateways, nor is one shared key: see what fails."
    else:
        answer = (
            "These gateways do not ask for it. It is better all the same: see what sharing buys."
        )
    works = "works in every direction" if own_works else "does not work in every direction yet"
    return Answer(
        question="Must each server have its own key?",
        answer=answer,
        evidence=f"one certificate per node {works}",
    )


def _sharing(nodes: int) -> Answer:
    return Answer(
        question="What does sharing one key buy?",
        answer="One file to install instead of several, and nothing else. It buys no availability, "
        "and it costs the separation of the nodes: a leak, a revocation or a failed renewal "
        "concerns all of them at once.",
        evidence=f"one key on {nodes} nodes; umbel certificate issue --every-node gives each "
        "its own in one step",
    )


def _sessions() -> Answer:
    return Answer(
        question="Is a session in progress really always lost when a node fails?",
        answer="What was said is not: a recording is durable as it is spoken, and is delivered "
        "when its node is back. The call itself still ends with its node; whoever calls again is "
        "answered by another one, under its own certificate. A new certificate ends no call.",
        evidence="the gateway must accept every node, in both directions, for others to stand in: "
        "the crossings of this plan",
    )


def _listed(directions: Sequence[str], shown: int = 4) -> str:
    """Tell some directions, and how many more there are."""
    more = len(directions) - shown
    rest = f" and {more} more" if more > 0 else ""
    return ", ".join(directions[:shown]) + rest
