"""One call leg: a dialog, its offer/answer and its media, inbound and outbound (RFC 3261 sections 8, 12, 13)."""
