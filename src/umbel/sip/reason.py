"""Reason: why a request is sent, or a call was diverted (RFC 3326)."""

from dataclasses import dataclass

from .grammar import Scanner
from .parameters import Parameters, Quoted, read_parameters, write_parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason of one protocol."""

    protocol: str
    """``SIP`` or ``Q.850``, mostly."""
    cause: int | None = None
    """A status code of SIP, or a cause value of Q.850."""
    text: str | None = None

    @classmethod
    def parse(cls, text: str, where: str = "Reason") -> "Reason":
        """Read one reason; raises ``MalformedMessage``."""
        scanner = Scanner(text, where)
        reason = _read(scanner)
        scanner.expect_end("';' or the end")
        return reason

    @classmethod
    def parse_many(cls, text: str, where: str = "Reason") -> list["Reason"]:
        """Read a comma-separated list of reasons, one at least."""
        scanner = Scanner(text, where)
        reasons = [_read(scanner)]
        while scanner.accept(","):
            reasons.append(_read(scanner))
        scanner.expect_end("';', ',' or the end")
        return reasons

    def __str__(self) -> str:
        values: dict[str, str | None] = {}
        if self.cause is not None:
            values["cause"] = str(self.cause)
        if self.text is not None:
            values["text"] = Quoted(self.text)
        return self.protocol + write_parameters(Parameters(values))


def _read(scanner: Scanner) -> Reason:
    scanner.skip_spaces()
    protocol = scanner.token("a protocol")
    parameters = read_parameters(scanner)
    cause = parameters.get("cause") or ""
    return Reason(
        protocol=protocol,
        cause=int(cause) if cause.isascii() and cause.isdigit() and len(cause) < 10 else None,
        text=parameters.get("text"),
    )
