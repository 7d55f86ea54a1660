"""The error of every reader of a live text, until the setting that it is of is known."""


class UnreadableTextError(ValueError):
    """CockroachDB might read the text in another way than we do, so it is left alone."""
