"""Addresses: a URI with a display name and parameters (RFC 3261 section 20.10).

From, To, Contact, Route, Record-Route, Refer-To, P-Asserted-Identity and others hold them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from .grammar import Scanner, quoted, run_of
from .parameters import NONE, as_parameters, read_parameters, write_parameters
from .uri import Uri, read_uri

_display_names = run_of(r'^"<>,;:@\\')
_bare_uris = run_of(r"^ \t,;?<>\"")
_up_to_bracket = run_of("^<>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A name-addr or addr-spec with its parameters."""

    display_name: str = ""
    """What it means, without quotes; empty where there is none."""
    uri: Uri
    parameters: Mapping[str, str | None] = NONE
    """Those of the header field; those of the URI are in ``uri.parameters``."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", as_parameters(self.parameters))

    @classmethod
    def parse(cls, text: str, where: str = "address") -> "Address":
        """Read one address; raises ``MalformedMessage``."""
        scanner = Scanner(text, where)
        address = read_address(scanner)
        scanner.expect_end("';' or the end")
        return address

    @classmethod
    def parse_many(cls, text: str, where: str = "address") -> list["Address"]:
        """Read a comma-separated list of addresses, one at least."""
        scanner = Scanner(text, where)
        addresses = [read_address(scanner)]
        while scanner.accept(","):
            addresses.append(read_address(scanner))
        scanner.expect_end("';', ',' or the end")
        return addresses

    @property
    def tag(self) -> str | None:
        """The tag of a From or To (section 19.3)."""
        return self.parameters.get("tag")

    def with_tag(self, tag: str) -> "Address":
        """Give the same address with *tag*."""
        return replace(self, parameters=as_parameters(self.parameters).having({"tag": tag}))

    def __str__(self) -> str:
        name = f"{quoted(self.display_name)} " if self.display_name else ""
        return f"{name}<{self.uri}>{write_parameters(self.parameters)}"


def read_address(scanner: Scanner) -> Address:
    """Read an address, as far as it goes."""
    name = _read_display_name(scanner)
    if name is None:
        uri = _read_bare_uri(scanner)
    else:
        uri = _read_bracketed_uri(scanner)
    return Address(display_name=name or "", uri=uri, parameters=read_parameters(scanner))


def _read_display_name(scanner: Scanner) -> str | None:
    """Read up to the opening bracket; ``None``: there is none, and a bare URI comes."""
    scanner.skip_spaces()
    if scanner.next == '"':
        name = scanner.quoted_string()
        scanner.skip_spaces()
        if scanner.next != "<":
            scanner.fail("'<' after the display name")
        return name
    start = scanner.at
    # Broader than *(token LWS), because peers write unquoted names in every language.
    name = scanner.run(_display_names)
    if scanner.next == "<":
        return name.strip(" \t")
    scanner.at = start
    return None


def _read_bracketed_uri(scanner: Scanner) -> Uri:
    scanner.at += 1
    text = scanner.run(_up_to_bracket)
    if scanner.next != ">":
        scanner.fail("'>' after the URI")
    uri = _read_whole_uri(text, scanner)
    scanner.at += 1
    return uri


def _read_bare_uri(scanner: Scanner) -> Uri:
    """Read a URI without brackets: what follows a ``;`` belongs to the header field."""
    text = scanner.run(_bare_uris)
    if scanner.next == "?":
        scanner.fail("a URI with a question mark in angle brackets")
    return _read_whole_uri(text, scanner)


def _read_whole_uri(text: str, scanner: Scanner) -> Uri:
    """Read the URI that is the whole of *text*, which *scanner* has just read."""
    inner = Scanner(text, scanner.where, scanner)
    uri = read_uri(inner)
    if inner.at < len(text):
        inner.fail("the end of the URI")
    return uri
