"""Peering explained: what trying a gateway showed, what state that makes, and why."""
