"""``umbel try``: a complete system in one folder, which proves itself by a call."""
