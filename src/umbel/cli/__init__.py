"""The command line: a skin over ``admin`` and ``app``."""
