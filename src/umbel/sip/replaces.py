"""Replaces: which dialog a new one takes the place of (RFC 3891)."""

from dataclasses import dataclass

from .grammar import Scanner, run_of
from .parameters import Parameters, read_parameters, write_parameters

_call_ids = run_of(r"^ \t;,\x00-\x1f")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaces:
    """The name of a dialog, as its user agent knows it that is asked to replace it."""

    call_id: str
    to_tag: str
    """The local tag of whoever receives this."""
    from_tag: str
    is_early_only: bool = False
    """Whether a confirmed dialog must stay."""

    @classmethod
    def parse(cls, text: str, where: str = "Replaces") -> "Replaces":
        """Read a Replaces; raises ``MalformedMessage``."""
        scanner = Scanner(text, where)
        scanner.skip_spaces()
        call_id = scanner.run(_call_ids) or scanner.fail("a Call-ID")
        parameters = read_parameters(scanner)
        scanner.expect_end("';' or the end")
        return cls(
            call_id=call_id,
            to_tag=parameters.get("to-tag") or scanner.fail("a to-tag"),
            from_tag=parameters.get("from-tag") or scanner.fail("a from-tag"),
            is_early_only="early-only" in parameters,
        )

    def __str__(self) -> str:
        tags: dict[str, str | None] = {"to-tag": self.to_tag, "from-tag": self.from_tag}
        if self.is_early_only:
            tags["early-only"] = None
        return self.call_id + write_parameters(Parameters(tags))
