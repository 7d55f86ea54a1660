"""Foreign values in messages."""


def shown(value: object, longest: int = 80) -> str:
    """Return a foreign value short enough for one line; None reads "nothing".

    Args:
        value: Anything.
        longest: How many characters are shown; the rest is cut.
    """
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= longest else f"{text[:longest]}..."
