"""The product: what a caller meets. Knows callers, never packets."""
