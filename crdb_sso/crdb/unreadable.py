"""The error that readers of live texts raise, before it is known which setting the text is of."""


class UnreadableTextError(ValueError):
    """CockroachDB might read the text differently than we do, so it is left alone."""
