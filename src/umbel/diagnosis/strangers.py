"""Cures for a peer that is no gateway of ours: nothing can be set about it, only tried again."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from umbel.core.findings import Finding

from .peering import Peering

_COMMAND: Final = "umbel gateway (?:set|show) {gateway}"
_INSTEAD: Final = (
    (r" --port ([0-9]+)", r"umbel diagnose {target}:\1"),
    (r" --transport ([a-z]+)", r"umbel diagnose {gateway} --transport \1"),
    (r" --certificate-names NAME", r"umbel diagnose {gateway} --name NAME"),
    (r" --srtp true, or false", r"umbel diagnose {gateway} --call URI --srtp required, or none"),
    (r" --srtp true or false", r"umbel diagnose {gateway} --call URI --srtp required, or none"),
    (r"(?! --)", r"umbel diagnose {gateway}"),
    (r"( --[a-z-]+)", r"umbel gateway add NAME --address {target}\1"),
)
"""What follows the command, and what is to be typed where there is no gateway to set it for."""


def in_words_for(peering: Peering, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Give the findings with commands that exist for such a peer."""
    for finding in findings:
        yield finding if peering.is_configured else _translated(finding, peering)


def _translated(finding: Finding, peering: Peering) -> Finding:
    do = finding.do
    begins = _COMMAND.format(gateway=re.escape(peering.gateway))
    for follows, instead in _INSTEAD:
        do = re.sub(begins + follows, _filled(instead, peering), do)
    return replace(finding, do=do)


def _filled(instead: str, peering: Peering) -> str:
    return instead.format(gateway=peering.gateway, target=peering.target)
