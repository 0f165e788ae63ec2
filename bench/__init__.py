"""Measures what Umbel carries, against the limit of the machine and against others of its kind."""
