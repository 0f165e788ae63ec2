"""How an ACME authority is shown that a name is ours (RFC 8555 section 8)."""

from enum import StrEnum


class AcmeChallenge(StrEnum):
    """The ways that a node can answer by itself."""

    HTTP_01 = "http-01"
    """It fetches a word by HTTP from port 80 (RFC 8555 section 8.3)."""
    TLS_ALPN_01 = "tls-alpn-01"
    """It opens a special TLS connection to port 443 (RFC 8737)."""
