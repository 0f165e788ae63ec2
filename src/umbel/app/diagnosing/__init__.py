"""``umbel diagnose``: the way to a peer, walked step by step, and files looked into."""
