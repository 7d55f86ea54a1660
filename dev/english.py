"""A habit that the gate refuses: "is no map", where a native engineer writes "is not a map".

What is quoted, in double quotes or as code, is not looked at: there it is somebody else's text.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

_LONGEST_QUOTATION = 300  # characters: a quote that is never closed hides little
_QUOTED = re.compile(rf'"[^"]{{1,{_LONGEST_QUOTATION}}}"|`[^`\n]+`')

_THERE = (
    r"\bthere\s+(?:(?:will|would|can|could|may|might|must|should|need|has|have|had|seems?|to|been"
    r"|also|currently|now|soon|still|then|therefore|thus|well|obviously|usually)\s+){0,4}"
)
_USUAL = (
    "longer|more|less|fewer|one|later|earlier|sooner|better|worse|different|older|newer|larger"
    "|smaller|shorter|and|or|but|so|if|use|good|wonder|doubt|reason"
)
_IS_NO = re.compile(
    rf"(?P<there>{_THERE})?"
    r"\b(?:is|are|was|were|be|been|being|becomes?|became|(?:it|that|what|who)'s)"
    rf"\s+(?:no\s+(?!(?:{_USUAL})\b)\w[\w-]*|(?-i:none)\s+that\b)",
    re.IGNORECASE,
)


def stilted(text: str) -> Iterator[tuple[int, str]]:
    """Yield where a text says "is no map": the number of the line, from 0, and the words."""
    own = _QUOTED.sub(_blanked, text)
    for found in _IS_NO.finditer(own):
        if not found["there"]:
            yield own.count("\n", 0, found.start()), " ".join(found[0].split())


def prose(tree: ast.Module, text: str) -> Iterator[tuple[int, str]]:
    """Yield what a Python file says to people, with the line where it begins.

    These are its texts, docstrings among them, with `{}` for each value that is put in; and its
    comments, those of consecutive lines as one.

    Args:
        tree: The parsed file.
        text: What the file holds.
    """
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    pieces = {id(part) for node in joined for part in node.values}
    for one in joined:
        yield one.lineno, "".join(_part(part) for part in one.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in pieces:
            yield node.lineno, str(node.value)
    yield from _comments(text)


def _part(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else "{}"


def _comments(text: str) -> Iterator[tuple[int, str]]:
    first, block = 0, list[str]()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT:
            continue
        if token.start[0] != first + len(block):
            yield first, "\n".join(block)
            first, block = token.start[0], []
        block.append(token.string.lstrip("# "))
    yield first, "\n".join(block)


def _blanked(quoted: re.Match[str]) -> str:
    """Return as many characters as were quoted, with the same lines."""
    return re.sub(r"[^\n]", "~", quoted[0])
