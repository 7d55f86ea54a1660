"""Text that a cluster can store: UTF-8 without NUL, as in the protocol of PostgreSQL."""

from crdb_sso.errors import InvalidInput


def check_storable(text: str) -> None:
    """Check that a cluster can store a text.

    Raises:
        InvalidInput: It contains a NUL character, or half of a pair of UTF-16 surrogates.
    """
    if "\0" in text:
        raise InvalidInput(
            f"the text {text!r} contains a NUL character: no cluster can store it",
            hint="Remove that character.",
        )
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise InvalidInput(
            f"the text {text!r} is not valid Unicode (a lone surrogate): no cluster can store it",
            hint="Find out which program cut or decoded it wrongly, and give the whole text.",
        )
