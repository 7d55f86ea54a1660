"""Foreign values in messages."""


def shown(value: object, longest: int = 80) -> str:
    """Return a foreign value short enough for one line; None reads "nothing".

    Args:
        value: Anything.
        longest: How many characters are shown; the rest is cut off.
    """
    return cut("nothing" if value is None else repr(value), longest)


def cut(text: str, longest: int) -> str:
    """Return a text, cut off after some characters if it is longer."""
    return text if len(text) <= longest else f"{text[:longest]}..."
