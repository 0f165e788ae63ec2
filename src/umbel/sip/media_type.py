"""Media types and ranges: Content-Type and Accept (RFC 3261 sections 20.1 and 20.15)."""

from .grammar import Scanner
from .parameters import Parameters, read_parameters


def parse_media_type(text: str, where: str) -> str:
    """Read type and subtype, in lower case; parameters are checked and left out."""
    scanner = Scanner(text, where)
    media_type, _ = _read(scanner)
    scanner.expect_end("';' or the end")
    return media_type


def parse_media_type_parameters(text: str, where: str) -> Parameters:
    """Read the parameters of a media type, such as the boundary of a multipart body."""
    scanner = Scanner(text, where)
    _, parameters = _read(scanner)
    scanner.expect_end("';' or the end")
    return parameters


def parse_accept(text: str, where: str) -> list[str]:
    """Read a list of media ranges, which may be empty."""
    scanner = Scanner(text, where)
    if scanner.is_at_end:
        return []
    ranges = [_read(scanner)[0]]
    while scanner.accept(","):
        ranges.append(_read(scanner)[0])
    scanner.expect_end("';', ',' or the end")
    return ranges


def _read(scanner: Scanner) -> tuple[str, Parameters]:
    scanner.skip_spaces()
    kind = scanner.token("a media type")
    scanner.expect("/")
    return f"{kind}/{scanner.token('a media subtype')}".lower(), read_parameters(scanner)
