"""Who a TLS peer is, what it was shown, and how that ended. Judges; never opens a connection."""
