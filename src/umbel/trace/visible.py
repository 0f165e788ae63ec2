"""Text of peers, made fit for a terminal: whoever sends it must not steer it."""


def visible(text: str) -> str:
    """Give the text in one line, what cannot be printed as a question mark in a box."""
    return "".join(char if char.isprintable() else "�" for char in text)


def visible_lines(octets: bytes) -> list[str]:
    """Give a message as lines that can be printed."""
    return [visible(line) for line in octets.decode("utf-8", "replace").splitlines()]
