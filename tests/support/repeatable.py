"""Property tests that come out the same each time."""

from hypothesis import settings

repeatable = settings(derandomize=True, deadline=None, max_examples=150)
"""For a property: the same examples in each run, however slow the machine is."""
