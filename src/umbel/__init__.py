"""Umbel: a unified messaging server for SIP networks."""
