"""Loud: sockets, TLS, DNS and the media engine. Only ``app`` imports this room."""
