"""The composition root: settings, wiring, and carrying decisions between rooms."""
