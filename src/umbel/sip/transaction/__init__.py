"""The four transaction machines and the layer that matches messages to them (RFC 3261 section 17)."""
