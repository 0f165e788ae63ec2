"""One OPTIONS to one place, by a connection of its own, with everything on the way noted."""

from dataclasses import replace
from typing import Final

from umbel.app.asking import Asker
from umbel.diagnosis.attempt import Attempt, Step
from umbel.identity.handshake import HandshakeReport
from umbel.sip.hop import Hop, Transport
from umbel.sip.uri import Uri
from umbel.ua.events import Event, OptionsAnswered

from .outpost import Ears, OnlyTo, Traveller, outpost

_SHOWN: Final = 40
"""Bytes of an answer that is no SIP that are shown."""


class HopTrial:
    """What one OPTIONS brings to light."""

    def __init__(self, traveller: Traveller, hop: Hop) -> None:
        self._traveller = traveller
        self._hop = hop
        self._other = b""
        self._asker: Asker | None = None

    async def run(self, start: Attempt, target: Uri) -> Attempt:
        """Send OPTIONS for *target*, and complete *start* with what came of it."""
        only = OnlyTo(self._hop, target)
        ears = Ears(
            on_event=self._hear, on_handshake=self._note, on_malformed=self._take_other_protocol
        )
        async with outpost(self._traveller, self._hop, only, ears) as post:
            self._asker = Asker(post.driver, only, self._traveller.clock)
            # The handshake has a patience of its own, at the end of which there is a report.
            patience = 2 * self._traveller.patience
            attempt = await self._asker.ask_hop(start, target, self._hop, patience)
            is_open = post.signalling.connections > 0
        return self._completed(attempt, is_open=is_open)

    def _note(self, report: HandshakeReport) -> None:
        if self._asker is not None:
            self._asker.take_report(report)

    def _hear(self, event: Event) -> None:
        if isinstance(event, OptionsAnswered) and self._asker is not None:
            self._asker.take_answer(event)

    def _take_other_protocol(self, octets: bytes) -> None:
        self._other = octets

    def _completed(self, attempt: Attempt, *, is_open: bool) -> Attempt:
        """Say more of an OPTIONS that nobody answered."""
        if self._other:
            first = self._other[:_SHOWN]
            problem = f"what came back is no SIP: it begins with {first!r}"
            return replace(attempt, step=Step.ASKING, problem=problem, is_other_protocol=True)
        is_silent = attempt.step is Step.ASKING and attempt.transport is not Transport.UDP
        if is_silent and not is_open:
            problem = "the connection was closed without an answer to OPTIONS"
            return replace(attempt, problem=problem)
        return attempt
