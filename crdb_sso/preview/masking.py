"""Texts that a program gives as secrets read `[secret]` in everything that people see."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

MASK = "[secret]"

_SHORT = 4
"""Shorter secrets count as whole words only: otherwise a secret `a` would hide every `a`."""

_SEED = 8
"""A secret that is cut off after so many characters, or more, still counts as that secret."""

_KID = re.compile(r'"kid"\s*:\s*"((?:[^"\\]|\\.)*)"')

_CUT = re.compile(r"(?:\\[ux]?\{?[0-9a-f]{0,7})?\.\.\.", re.IGNORECASE)  # also within an escape


def texts_in(value: object, ours: Collection[str] = ()) -> Iterator[str]:
    """Yield the texts of a secret value: also the names in a map, and the kids in a key set.

    Args:
        value: Anything.
        ours: Names of maps that a program did not choose.
    """
    if isinstance(value, str):
        yield value
        yield from _KID.findall(value)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if name not in ours:
                yield str(name)
            yield from texts_in(inner, ours)


def masked(text: str, secrets: Collection[str]) -> str:
    r"""Return a text in which secrets are not shown.

    A secret is recognised as it is, in a different case, escaped as Python, JSON or a regular
    expression would (`a\.b`, `a\x20b`), and cut off with `...` at its end.

    Args:
        text: A text for people.
        secrets: The texts that must not be shown.
    """
    spans = sorted(span for secret in secrets for span in _spans(text, secret))
    shown, end = [], 0
    for start, stop in spans:
        if start >= end:
            shown += [text[end:start], MASK]
        end = max(end, stop)
    return "".join([*shown, text[end:]])


def _spans(text: str, secret: str) -> Iterator[tuple[int, int]]:
    """Yield where a secret stands in a text."""
    for form in sorted(form for form in {secret, _core(secret)} if form.strip()):
        edge = (r"(?<!\w)", r"(?!\w)") if len(form) < _SHORT else ("", "")
        seed = "".join(map(_unit, form[:_SEED]))
        tail = edge[1] if len(form) <= _SEED else ""
        for found in re.finditer(f"{edge[0]}{seed}{tail}", text, re.IGNORECASE):
            end = _end(text, found.start(), form)
            if end is not None:
                yield found.start(), end


def _end(text: str, start: int, form: str) -> int | None:
    r"""Return where a secret ends that begins somewhere, None if it does not stand there.

    Two backslashes may be one that is escaped, or one and what escapes the next character: so all
    places count that a part of the secret may reach to. The dots of a cut may be dots of the
    secret: each place where it may have been cut off counts, too.
    """
    ends, cuts = {start}, set[int]()
    for number, char in enumerate(form):
        if number >= _SEED:
            cuts |= {end for end in ends if _CUT.match(text, end)}
        further = {
            found.end()
            for pattern in _patterns(char)
            for end in ends
            if (found := pattern.match(text, end))
        }
        if not further:
            return max(cuts, default=None)
        ends = further
    return max(ends)


def _core(secret: str) -> str:
    """Return what a regular expression says between its anchors, as hints repeat that alone."""
    if not secret.startswith("/"):
        return secret
    pattern = secret[1:].removeprefix("(?i)").removeprefix("(?-i)")
    return pattern.removeprefix("^").removesuffix("$")


@lru_cache(maxsize=4096)
def _patterns(char: str) -> "tuple[re.Pattern[str], ...]":
    return tuple(re.compile(form, re.IGNORECASE) for form in _forms(char))


def _unit(char: str) -> str:
    """Return a regular expression for a character, plain or escaped."""
    return f"(?:{'|'.join(_forms(char))})"


def _forms(char: str) -> list[str]:
    code = f"{ord(char):x}"
    as_json = json.dumps(char)[1:-1]  # two escapes where UTF-16 has a pair
    forms = (
        re.escape(char),
        rf"\\{re.escape(char)}",
        rf"\\[xuU](?:\{{0*{code}\}}|0*{code})",
        *map(re.escape, (as_json, repr(char)[1:-1])),
    )
    return list(dict.fromkeys(forms))
