"""What Umbel does with a caller, one function for each way in."""

from .lead import attend, lead, serve_subscriber, take_message

__all__ = ["attend", "lead", "serve_subscriber", "take_message"]
