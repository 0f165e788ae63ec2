"""TLS alerts: their names, and reading one from the wire (RFC 8446 section 6, RFC 5246 section 7.2)."""

from collections.abc import Mapping

from .handshake import Alert

CLOSE_NOTIFY = "close_notify"
"""The one alert that is no complaint: the sender will send nothing more."""

NAMES: Mapping[int, str] = {
    0: CLOSE_NOTIFY,
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    30: "decompression_failure",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    60: "export_restriction",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    111: "certificate_unobtainable",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    114: "bad_certificate_hash_value",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
}
"""By number; those below TLS 1.3 are kept, because TLS 1.2 peers still send them."""

_FATAL = 2


def alert_name(number: int) -> str:
    """Name an alert as its RFC does, or by its number where it has no name."""
    return NAMES.get(number, f"alert {number}")


def read_alert(octets: bytes, *, sent_by_us: bool) -> Alert | None:
    """Read the two bytes of an alert, decrypted; ``None`` where they are something else."""
    if len(octets) != 2:
        return None
    level, number = octets
    return Alert(sent_by_us=sent_by_us, description=alert_name(number), is_fatal=level == _FATAL)
