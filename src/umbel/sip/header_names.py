"""The names of header fields: spelling, compact forms, and which may come only once.

RFC 3261 section 20, table 3, and the documents of the extensions that Umbel reads.
"""

_COMPACT = {
    "a": "Accept-Contact",  # RFC 3841
    "b": "Referred-By",  # RFC 3892
    "c": "Content-Type",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",  # RFC 3841
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",  # RFC 6665
    "r": "Refer-To",  # RFC 3515
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",  # RFC 6665
    "v": "Via",
    "x": "Session-Expires",  # RFC 4028
    "y": "Identity",  # RFC 8224
}

ONCE = frozenset(
    {
        "Call-ID",
        "Content-Disposition",
        "Content-Length",
        "Content-Type",
        "CSeq",
        "Date",
        "Event",
        "Expires",
        "From",
        "Max-Forwards",
        "MIME-Version",
        "Min-Expires",
        "Min-SE",
        "Priority",
        "Refer-Sub",
        "Refer-To",
        "Referred-By",
        "Replaces",
        "Reply-To",
        "Retry-After",
        "Server",
        "Session-Expires",
        "Subject",
        "Subscription-State",
        "Timestamp",
        "To",
        "User-Agent",
    }
)
"""Header fields that hold one value, so that a second one makes the message ambiguous."""

_MORE = (
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Alert-Info",
    "Allow",
    "Authentication-Info",
    "Authorization",
    "Call-Info",
    "Contact",
    "Content-Encoding",
    "Content-Language",
    "Diversion",
    "Error-Info",
    "History-Info",
    "In-Reply-To",
    "Info-Package",
    "Organization",
    "P-Asserted-Identity",
    "P-Preferred-Identity",
    "Path",
    "Privacy",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Require",
    "RAck",
    "Reason",
    "Record-Route",
    "Recv-Info",
    "Remote-Party-ID",
    "Require",
    "Route",
    "RSeq",
    "Service-Route",
    "Supported",
    "Unsupported",
    "Via",
    "Warning",
    "WWW-Authenticate",
)

_LOWER = {name.lower(): name for name in (*_COMPACT.values(), *ONCE, *_MORE)} | _COMPACT

SPELLINGS = (
    _LOWER
    | {name: name for name in _LOWER.values()}
    | {name.upper(): _COMPACT[name] for name in _COMPACT}
)
"""The full names of header fields by the spellings that are usual on the wire."""


def spelled(name: str) -> str:
    """Give the full name, spelled as its document does; an unknown one stays as it is."""
    return SPELLINGS.get(name) or _LOWER.get(name.lower(), name)
