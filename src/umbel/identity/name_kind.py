"""The kinds of names that a certificate can be known by."""

from enum import StrEnum


class NameKind(StrEnum):
    """Where in a certificate a name stands; the RFCs' name for it is beside each."""

    URI = "URI"
    """URI-ID: a uniformResourceIdentifier among the alternative names."""
    DNS = "DNS name"
    """DNS-ID: a dNSName among the alternative names."""
    IP = "IP address"
    """IP-ID: an iPAddress among the alternative names."""
    SERVICE = "service name"
    """SRV-ID: an otherName of the form id-on-dnsSRV (RFC 4985)."""
    COMMON = "common name"
    """CN-ID: a common name in the subject."""
    PUBLIC_KEY = "public key"
    """No name: the SHA-256 of the key itself."""
    OTHER = "other name"
    """An alternative name that no SIP rule uses."""
