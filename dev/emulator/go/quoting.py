"""Characters as Go prints them between quotes (`strconv.Quote`); the quote itself is left alone."""

from __future__ import annotations

_ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    "\\": r"\\",
}
_BASIC_PLANE = 0x10000
_BROKEN_BYTES = range(0xDC80, 0xDD00)
"""What stands for the bytes 80 to FF where they are not UTF-8."""


def escaped(character: str) -> str:
    """Return a character as it stands in a quoted text: as it is, or as an escape."""
    code = ord(character)
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    if code in _BROKEN_BYTES:
        return f"\\x{code & 0xFF:02x}"
    if code < ord(" ") or character == "\x7f":
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _BASIC_PLANE else f"\\U{code:08x}"
