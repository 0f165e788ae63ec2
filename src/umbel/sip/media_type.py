"""Media types and ranges: Content-Type and Accept (RFC 3261 sections 20.1 and 20.15)."""

from .grammar import Scanner
from .parameters import read_parameters


def parse_media_type(text: str, where: str) -> str:
    """Read type and subtype, in lower case; parameters are checked and left out."""
    scanner = Scanner(text, where)
    media_type = _read(scanner)
    scanner.expect_end("';' or the end")
    return media_type


def parse_accept(text: str, where: str) -> list[str]:
    """Read a list of media ranges, in lower case, without parameters; it may be empty."""
    scanner = Scanner(text, where)
    if scanner.is_at_end:
        return []
    ranges = [_read(scanner)]
    while scanner.accept(","):
        ranges.append(_read(scanner))
    scanner.expect_end("';', ',' or the end")
    return ranges


def _read(scanner: Scanner) -> str:
    scanner.skip_spaces()
    kind = scanner.token("a media type")
    scanner.expect("/")
    subtype = scanner.token("a media subtype")
    read_parameters(scanner)
    return f"{kind}/{subtype}".lower()
