"""A trace as a ladder: a lane for the node and for each peer, an arrow for each message."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, tzinfo
from typing import Final

from umbel.sip.host import write_host

from .entry import CallNamed, ConnectionEnd, Handshake, Kept, Passage, Secrets, Untold
from .glance import glance
from .repeats import Repeats
from .tls_facts import tls_facts
from .visible import visible, visible_lines

_MOST_LANES: Final = 4
"""With more peers than fit beside each other, all share one lane and each row names its own."""
_NARROWEST: Final = 36
"""Columns from one lane to the next."""
_TIME: Final = 15
"""Columns of the time of day, and room for half the name of the first lane."""
_PEERS: Final = "peers"


class Ladder:
    """Draws entries as they come; the heads of the lanes again whenever there is a new one."""

    def __init__(self, zone: tzinfo | None = None, *, is_full: bool = False) -> None:
        self._zone = zone
        self._is_full = is_full
        self._repeats = Repeats()
        self._nodes: list[str] = []
        self._peers: list[str] = []
        self._day: date | None = None

    def draw(self, kept: Sequence[Kept]) -> Iterator[str]:
        """Give the lines of entries."""
        if self._note_lanes(kept):
            yield from self._heads()
        for one in kept:
            yield from self._new_day(one)
            yield from self._rows(one)

    # --- lanes ----------------------------------------------------------------------------------

    def _note_lanes(self, kept: Iterable[Kept]) -> bool:
        """Enter who takes part; say whether the lanes have changed."""
        before = self._lanes
        for one in kept:
            _add(self._nodes, _node(one))
            if isinstance(one.entry, Passage):
                _add(self._peers, _label(one.entry))
        return self._lanes != before

    @property
    def _is_crowded(self) -> bool:
        return len(self._nodes) + len(self._peers) > _MOST_LANES

    @property
    def _lanes(self) -> list[str]:
        return [*self._nodes, *([_PEERS] if self._is_crowded else self._peers)]

    @property
    def _spacing(self) -> int:
        return max((_NARROWEST, *(len(name) + 2 for name in self._lanes)))

    def _column(self, name: str) -> int:
        lanes = self._lanes
        return lanes.index(name if name in lanes else _PEERS) * self._spacing

    def _heads(self) -> Iterator[str]:
        cells = [name.center(self._spacing) for name in self._lanes]
        half = self._spacing // 2
        yield _shifted("".join(cells), _TIME - half)

    # --- rows -----------------------------------------------------------------------------------

    def _new_day(self, kept: Kept) -> Iterator[str]:
        day = kept.moment.astimezone(self._zone).date()
        if day != self._day:
            self._day = day
            yield f"── {day.isoformat()} ──"

    def _rows(self, kept: Kept) -> Iterator[str]:
        match kept.entry:
            case Passage() as passage:
                yield from self._message(kept, passage)
            case Handshake(report=report, connection=connection):
                first, *more = tls_facts(report)
                yield self._remark(
                    kept, f"TLS with {_peer(*report.remote)} ({connection}): {first}"
                )
                yield from (self._beside(f"  {line}") for line in more)
            case ConnectionEnd() as end:
                yield self._remark(
                    kept, f"{_label(end)} ({end.connection}) ended: {visible(end.detail)}"
                )
            case CallNamed(call=call, gateway=gateway):
                known = f", gateway {gateway}" if gateway else ""
                yield self._remark(kept, f"this is call {call}{known}")
            case Secrets(connection=connection):
                yield self._remark(kept, f"TLS secrets of {connection} are kept")
            case Untold(count=count):
                yield self._remark(kept, f"{count} more OPTIONS and their answers are not kept")

    def _message(self, kept: Kept, passage: Passage) -> Iterator[str]:
        looked = glance(passage.octets)
        lost = bool(passage.problem) and passage.sent_by_us
        title = visible(looked.title) if looked.cseq or not passage.problem else "?"
        arrow = self._arrow(kept, passage, title, is_lost=lost)
        notes = [
            _label(passage) if self._is_crowded else "",
            visible(looked.cseq),
            "SDP" if looked.content_type == "application/sdp" else "",
            "↻ again" if self._repeats.is_repeated(kept.node, passage) else "",
            ("✗ not delivered: " if lost else "✗ ") + visible(passage.problem)
            if passage.problem
            else "",
            *map(visible, looked.reasons),
        ]
        yield f"{self._time(kept)}  {arrow}  {'  '.join(filter(None, notes))}".rstrip()
        if self._is_full:
            yield from (
                f"{'':{_TIME}}    {line}".rstrip() for line in visible_lines(passage.octets)
            )
            yield ""

    def _arrow(self, kept: Kept, passage: Passage, title: str, *, is_lost: bool) -> str:
        ours, theirs = self._column(_node(kept)), self._column(_label(passage))
        row = list(self._bars())
        length = theirs - ours - 1
        row[ours + 1 : theirs] = _shaft(title, length, to_right=passage.sent_by_us, is_lost=is_lost)
        return "".join(row)

    def _bars(self) -> str:
        lanes = self._lanes
        return (" " * (self._spacing - 1)).join("│" * len(lanes))

    def _remark(self, kept: Kept, text: str) -> str:
        return f"{self._time(kept)}  {self._bars()}  {text}"

    def _beside(self, text: str) -> str:
        return f"{'':{_TIME - 2}}  {self._bars()}  {text}"

    def _time(self, kept: Kept) -> str:
        at = kept.moment.astimezone(self._zone)
        return f"{at:%H:%M:%S}.{at.microsecond // 1000:03d} "


def _add(lanes: list[str], name: str) -> None:
    if name not in lanes:
        lanes.append(name)


def _node(kept: Kept) -> str:
    return visible(kept.node) or "this node"


def _label(ends: Passage | ConnectionEnd) -> str:
    return f"{ends.transport} {_peer(*ends.remote)}"


def _peer(address: str, port: int) -> str:
    return write_host(address, port)


def _shaft(title: str, length: int, *, to_right: bool, is_lost: bool) -> str:
    """Draw an arrow of *length* columns with its title in the middle."""
    room = length - 4
    text = f" {title[: room - 2]} " if title else ""
    line = text.center(room, "─")
    if to_right:
        return f"─{line}──╳" if is_lost else f"─{line}─▶ "[:length].ljust(length)
    return f" ◀─{line}─"


def _shifted(text: str, by: int) -> str:
    return (" " * by + text if by >= 0 else text[-by:]).rstrip()
