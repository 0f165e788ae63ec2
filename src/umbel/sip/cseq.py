"""CSeq: the number and the method of a request (RFC 3261 section 20.16)."""

from dataclasses import dataclass

from .grammar import Scanner

HIGHEST = 2**31 - 1
"""Section 8.1.1.5."""


@dataclass(frozen=True, slots=True)
class CSeq:
    """What orders the requests of a dialog, and names the request in its responses."""

    number: int
    method: str

    @classmethod
    def parse(cls, text: str, where: str = "CSeq") -> "CSeq":
        """Read a CSeq; raises ``MalformedMessage``."""
        scanner = Scanner(text, where)
        scanner.skip_spaces()
        number = scanner.number("a sequence number", most=HIGHEST)
        if scanner.next not in (" ", "\t"):
            scanner.fail("a space after the sequence number")
        scanner.skip_spaces()
        method = scanner.token("a method")
        scanner.expect_end()
        return cls(number, method)

    def __str__(self) -> str:
        return f"{self.number} {self.method}"
