"""How a chain was sent: complete, in order, nothing twice, nothing strange (RFC 8446 section 4.4.2)."""

from collections.abc import Iterator, Sequence

from umbel.core.findings import Finding

from .certificate import Certificate
from .path import Path
from .whose import Reading

_RULE = "RFC 8446 section 4.4.2"


def sending_findings(
    sent: Sequence[Certificate], path: Path, known: Sequence[Certificate], reading: Reading
) -> Iterator[Finding]:
    """
    Compare what was sent with what was needed.

    *known* are certificates that were not sent and that the reader cannot be expected to have.
    """
    yield from _leaf_not_first(sent, reading)
    yield from _not_sent(sent, path, known, reading)
    yield from _duplicates(sent, reading)
    distinct = list(dict.fromkeys(sent))
    needed = [one for one in path.certificates if one in distinct]
    if [one for one in distinct if one in needed] != needed:
        yield _wrong_order(needed, reading)
    for one in distinct:
        if one not in needed and one not in path.namesakes:
            yield _not_needed(one, reading)
    if path.is_trusted and len(path.certificates) > 1 and path.last in distinct:
        yield _root_sent(path.last, reading)


def _leaf_not_first(sent: Sequence[Certificate], reading: Reading) -> Iterator[Finding]:
    first = sent[0]
    issued = [one for one in sent[1:] if one != first and one.parsed.issuer == first.parsed.subject]
    if issued:
        yield reading.error(
            "leaf-not-first",
            f"the first certificate that was sent is {first}, which issued {issued[0]}",
            means=f"the authority is taken for the one who speaks; {reading.whose.consequence}",
            do=reading.whose.mended_chain.format(f"put the certificate of {issued[0]} first"),
            rule=_RULE,
        )


def _not_sent(
    sent: Sequence[Certificate], path: Path, known: Sequence[Certificate], reading: Reading
) -> Iterator[Finding]:
    for one in path.below_anchor:
        if one in known and one not in sent:
            yield reading.error(
                "missing-intermediate",
                f"the intermediate authority {one.names.subject} was not sent with "
                f"{reading.whose.certificate(path.certificates[0])}",
                means=f"only who has it by chance can verify it; {reading.whose.consequence}",
                do=reading.whose.mended_chain.format(f"add the certificate of {one}"),
                rule=_RULE,
            )


def _duplicates(sent: Sequence[Certificate], reading: Reading) -> Iterator[Finding]:
    for one in dict.fromkeys(sent):
        if (times := sent.count(one)) > 1:
            yield reading.warning(
                "duplicate",
                f"{reading.whose.certificate(one)} was sent {times} times",
                means="it costs time, and some peers refuse it",
                do=reading.whose.mended_chain.format("leave each certificate once"),
                rule=_RULE,
            )


def _wrong_order(needed: Sequence[Certificate], reading: Reading) -> Finding:
    right = ", then ".join(map(str, needed))
    return reading.warning(
        "wrong-order",
        "the certificates were not sent from the leaf upwards",
        means="TLS 1.2 peers may refuse it: each certificate must certify the one before it",
        do=reading.whose.mended_chain.format(f"put them in this order: {right}"),
        rule="RFC 5246 section 7.4.2",
    )


def _not_needed(one: Certificate, reading: Reading) -> Finding:
    return reading.info(
        "not-needed",
        f"the certificate {one} was sent and does not belong to the chain",
        means="it does no harm where the peer ignores it",
        do=reading.whose.mended_chain.format(f"leave out {one}"),
        rule=_RULE,
    )


def _root_sent(root: Certificate, reading: Reading) -> Finding:
    return reading.info(
        "root-sent",
        f"the root {root} was sent as well",
        means="nobody needs it: who trusts it has it",
        do=reading.whose.mended_chain.format("leave out the root"),
        rule=_RULE,
    )
