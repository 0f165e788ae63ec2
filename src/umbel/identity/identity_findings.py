"""What follows from a judgement of names: who refuses whom, by which rule, and the cure."""

from collections.abc import Iterable, Iterator

from umbel.core.findings import Finding, Severity

from .handshake import Role
from .judgement import Judgement, Verdict
from .names import PresentedNames
from .subject import escape


def peer_refuses_us(
    judgement: Judgement, ours: PresentedNames, *, node: str, gateway: str
) -> Iterator[Finding]:
    """Say that a gateway does not recognise this node, or perhaps not; nothing where it does."""
    if judgement.verdict is Verdict.ACCEPTED:
        return
    is_refusal = judgement.verdict is Verdict.REFUSED
    yield Finding(
        code="identity.not-recognised" if is_refusal else "identity.perhaps-not-recognised",
        severity=Severity.ERROR if is_refusal else Severity.WARNING,
        seen=f"our {common_name_of(ours)}, this node is {node}, and {gateway} "
        f"{_looks_for(judgement)}",
        means=f"{_effect(judgement, gateway, is_refusal=is_refusal)}; {_because(judgement)}",
        do=_cure(judgement, node),
        rule=f"rule {judgement.rule.name}: {_clauses(judgement)}",
    )


def we_refuse_peer(judgement: Judgement, theirs: PresentedNames, *, gateway: str) -> Finding:
    """Say that the certificate of a peer is not that of the gateway that we expect."""
    return Finding(
        code="identity.peer-not-recognised",
        severity=Severity.ERROR,
        seen=mismatch(judgement, theirs),
        means=f"we do not take the peer for {gateway}; {_because(judgement)}",
        do=f"if it is the right peer: umbel gateway set {gateway} --certificate-names NAME, with a "
        "name that its certificate carries; otherwise its address leads to somebody else",
        rule=f"rule {judgement.rule.name}: {_clauses(judgement)}",
    )


def mismatch(judgement: Judgement, theirs: PresentedNames) -> str:
    """Say what a peer presented, what was wanted, and by which rule."""
    wanted = _names((reference.name for reference in judgement.references), "or")
    return (
        f"the peer's certificate carries {all_names_of(theirs)}; we expect {wanted}, by the rule "
        f"{judgement.rule.name}"
    )


def common_name_of(names: PresentedNames) -> str:
    """Tell the common name of a certificate, or what there is instead of one."""
    match names.common_names:
        case ():
            return f"certificate has no common name (subject {names.subject or 'empty'})"
        case (only,):
            return f"certificate's common name is {escape(only)}"
        case several:
            return f"certificate's common names are {_names(several)}"


def all_names_of(names: PresentedNames) -> str:
    """Tell every name of a certificate."""
    common = [f"the common name {escape(name)}" for name in names.common_names]
    return _names([*names.alternative_names, *common]) or "no name at all"


def _effect(judgement: Judgement, gateway: str, *, is_refusal: bool) -> str:
    will = "refuses" if is_refusal else "may refuse"
    if judgement.judge is Role.SERVER:
        return (
            f"{gateway} {will} the connections that this node opens: OPTIONS, transfers, "
            "message-waiting and calls placed"
        )
    return f"{gateway} {will} to call this node"


def _looks_for(judgement: Judgement) -> str:
    wanted = _names(reference.name for reference in judgement.references) or "no name at all"
    verb = "knows" if judgement.judge is Role.SERVER else "dials"
    return f"{verb} {wanted}"


def _because(judgement: Judgement) -> str:
    """Say the rule's way of judging: what counts, and that what would match does not count."""
    demand = judgement.rule.demand(judgement.judge)
    kinds = _names((counting.kind.value for counting in demand.countings), "or")
    return f"it goes by the {kinds}" + _of_no_help(judgement)


def _of_no_help(judgement: Judgement) -> str:
    wanted = {reference.canonical for reference in judgement.references}
    idle = [
        reason.presented
        for reason in judgement.reasons
        if not reason.is_match and reason.presented.lower() in wanted
    ]
    return f", and {_names(idle)} among the other names does not count" if idle else ""


def _clauses(judgement: Judgement) -> str:
    demand = judgement.rule.demand(judgement.judge)
    clauses = dict.fromkeys(counting.clause for counting in demand.countings)
    return "; ".join(clauses) or demand.otherwise


def _cure(judgement: Judgement, node: str) -> str:
    place = "common and alternative name"
    cure = f"give this node a certificate of its own with {node} as {place}"
    known = {reference.canonical for reference in judgement.references}
    if judgement.judge is Role.SERVER and node.lower() not in known:
        cure += f", and have the peer's administrator add {node} to the servers that it trusts"
    return (
        f"{cure}: umbel certificate request (for your own authority), or umbel certificate issue "
        "(by the built-in one)"
    )


def _names(names: Iterable[str], last: str = "and") -> str:
    """Tell several names: a, b and c."""
    shown = list(dict.fromkeys(map(escape, names)))
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} {last} {shown[-1]}"
