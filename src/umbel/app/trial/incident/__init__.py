"""``umbel try --incident``: the story of two servers with one certificate, and its cures."""
