"""Loud: databases, files and programs behind the ports of the quiet rooms. Only ``app`` imports this room."""
