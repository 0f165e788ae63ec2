"""RFC 3261 as values and machines, on bytes: no socket, no clock, no dice."""
