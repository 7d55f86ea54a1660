"""Foreign values in messages."""


def printable(text: str) -> str:
    """Return a foreign text as one line that does nothing to a terminal: the rest is escaped."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def shown(value: object, longest: int = 80) -> str:
    """Return a foreign value short enough for one line; None reads "nothing".

    Args:
        value: Anything.
        longest: How many characters are shown; the rest is cut.
    """
    return cut("nothing" if value is None else repr(value), longest)


def cut(text: str, longest: int) -> str:
    """Return a text, cut off after some characters if it is longer."""
    return text if len(text) <= longest else f"{text[:longest]}..."
