"""What Umbel does with a caller, one function for each place; ``lead`` is the way in."""

from .lead import lead

__all__ = ["lead"]
