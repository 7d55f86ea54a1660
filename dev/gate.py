"""The measured gate for reviews: `python -m dev.gate` reports what a reviewer should look at.

Sizes and missing docstrings are only reported. Six findings are red, because each breaks a promise
of the design: `Any` outside of the property bag, an `except` that swallows everything, Pulumi in
the rules, options merged over a child's own, SQL put together from text, English that nobody
speaks (`dev/english.py`), which is looked for in the pages of the guide too.
"""

import ast
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dev.english import prose, stilted

ROOT = Path(__file__).resolve().parents[1]
CODE = ("crdb_sso", "components", "policy", "dev", "bench", "tests")
PROGRAM = ("__main__.py", "stack_config.py", "stack_identities.py", "stack_keys.py")
PAGES = ("docs", "examples")
PRODUCT = ("crdb_sso/", "components/", "policy/", *PROGRAM)

LONGEST_FILE_LINES = 300
LONGEST_FUNCTION_LINES = 60
LONGEST_P90_LINES = 35
FEWEST_FUNCTIONS_FOR_P90 = 10
MOST_FILES_IN_A_FOLDER = 24  # of one kind, e.g. commands; a folder of several kinds needs rooms
ANY_REASON = "# any:"  # on the line of an `Any` that can't be avoided, with the reason


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something to look at; a red one fails the gate."""

    path: str
    line: int
    text: str
    red: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {'RED ' if self.red else ''}{self.text}"


@dataclass(frozen=True, slots=True)
class Source:
    """One parsed file."""

    path: str
    text: str
    tree: ast.Module

    def line(self, number: int) -> str:
        """Return a line's text; the first line is 1."""
        return self.text.splitlines()[number - 1]


def findings(path: str, text: str) -> list[Finding]:
    """Return everything the gate has to say about one file.

    Args:
        path: Path of the file from the project folder, with slashes; without `.py` it is a page.
        text: What the file holds.
    """
    if not path.endswith(".py"):
        return list(_stilted(path, 1, text))
    try:
        source = Source(path, text, ast.parse(text, path))
    except SyntaxError as exc:
        return [Finding(path, exc.lineno or 1, f"not Python: {exc.msg}", red=True)]
    return sorted(finding for rule in RULES for finding in rule(source))


def long_file(source: Source) -> Iterator[Finding]:
    """A file can be read in one sitting."""
    lines = len(source.text.splitlines())
    if lines > LONGEST_FILE_LINES:
        yield Finding(source.path, 1, f"file of {lines} lines (> {LONGEST_FILE_LINES})")


def long_function(source: Source) -> Iterator[Finding]:
    """A function fits on a screen, and most are much shorter."""
    sizes = []
    for node in _functions(source):
        size = (node.end_lineno or node.lineno) - node.lineno + 1
        sizes.append(size)
        if size > LONGEST_FUNCTION_LINES:
            text = f"function {node.name} of {size} lines (> {LONGEST_FUNCTION_LINES})"
            yield Finding(source.path, node.lineno, text)
    if len(sizes) >= FEWEST_FUNCTIONS_FOR_P90:
        p90 = statistics.quantiles(sizes, n=10)[-1]
        if p90 > LONGEST_P90_LINES:
            text = f"one function in ten is longer than {p90:.0f} lines (> {LONGEST_P90_LINES})"
            yield Finding(source.path, 1, text)


def undocumented_function(source: Source) -> Iterator[Finding]:
    """A public function says what it does; a test's name is its sentence."""
    if source.path.startswith("tests/"):
        return
    inner = {node for outer in _functions(source) for node in ast.walk(outer) if node is not outer}
    for node in _functions(source):
        public = node not in inner and not node.name.startswith("_")
        if public and ast.get_docstring(node) is None:
            yield Finding(source.path, node.lineno, f"public function {node.name}: no docstring")


def any_behind_the_door(source: Source) -> Iterator[Finding]:
    """Raw data becomes a checked value in the provider's rows; after that, types are known.

    The SDK's signatures force some `Any` on the provider's modules: reported, but not red.
    """
    if not source.path.startswith(PRODUCT):
        return
    red = not source.path.startswith("crdb_sso/provider/")
    text = f"`Any` without a reason (say why: `{ANY_REASON} reason`)"
    lines = {
        node.lineno
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.Name) and node.id == "Any")
        or (isinstance(node, ast.Attribute) and node.attr == "Any")
    }
    for number in lines:
        if ANY_REASON not in source.line(number):
            yield Finding(source.path, number, text, red=red)


def swallowing_except(source: Source) -> Iterator[Finding]:
    """An error is handled where it is understood."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node.type):
            yield Finding(source.path, node.lineno, "`except` that catches everything", red=True)


def pulumi_in_the_rules(source: Source) -> Iterator[Finding]:
    """Rules and clients do not know Pulumi."""
    if not source.path.startswith("crdb_sso/") or source.path.startswith("crdb_sso/provider/"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        else:
            continue
        if any(module.partition(".")[0] == "pulumi" for module in modules):
            text = "`pulumi` imported outside crdb_sso/provider/"
            yield Finding(source.path, node.lineno, text, red=True)


def merged_options(source: Source) -> Iterator[Finding]:
    """A merge would let the caller's parent and aliases override the component's."""
    if not source.path.startswith("components/"):
        return
    for node in _calls(source, "merge"):
        if any("opts" in ast.unparse(argument) for argument in node.args):
            yield Finding(source.path, node.lineno, "`.merge(opts)`: use child_options", red=True)


def pasted_sql(source: Source) -> Iterator[Finding]:
    """SQL is composed with psycopg.sql; tests may send what it would not produce."""
    if source.path.startswith("tests/"):
        return
    for node in _calls(source, "execute"):
        if any(_pastes_text(argument) for argument in node.args[:1]):
            text = "f-string or + inside execute(...): compose it with psycopg.sql"
            yield Finding(source.path, node.lineno, text, red=True)


def stilted_english(source: Source) -> Iterator[Finding]:
    """People read errors and lines, and the next person reads the comments."""
    for line, text in prose(source.tree, source.text):
        yield from _stilted(source.path, line, text)


RULES: tuple[Callable[[Source], Iterator[Finding]], ...] = (
    long_file,
    long_function,
    undocumented_function,
    any_behind_the_door,
    swallowing_except,
    pulumi_in_the_rules,
    merged_options,
    pasted_sql,
    stilted_english,
)


def _stilted(path: str, line: int, text: str) -> Iterator[Finding]:
    for down, words in stilted(text):
        yield Finding(path, line + down, f'"{words}": write "is not a ..."', red=True)


def flat_folders(files: Iterable[str]) -> Iterator[Finding]:
    """A newcomer finds a thing of the product by the name of its folder.

    Args:
        files: Paths of files from the project folder.
    """
    code = (PurePosixPath(file) for file in files if file.endswith(".py"))
    sizes = Counter(path.parent.as_posix() for path in code)
    for folder, size in sizes.items():
        if size > MOST_FILES_IN_A_FOLDER and f"{folder}/".startswith(PRODUCT):
            yield Finding(folder, 1, f"folder of {size} files (> {MOST_FILES_IN_A_FOLDER})")


def _functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _calls(source: Source, method: str) -> Iterator[ast.Call]:
    """Yield the calls of a method of this name."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr == method:
            yield node


def _catches_everything(caught: ast.expr | None) -> bool:
    """Tell whether an `except` names nothing, or Exception or BaseException."""
    if caught is None:
        return True
    if isinstance(caught, ast.Tuple):
        return any(_catches_everything(item) for item in caught.elts)
    return isinstance(caught, ast.Name) and caught.id in {"Exception", "BaseException"}


def _pastes_text(argument: ast.expr) -> bool:
    """Tell whether an argument is text put together on the spot."""
    if isinstance(argument, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in argument.values)
    if isinstance(argument, ast.BinOp) and isinstance(argument.op, ast.Add | ast.Mod):
        return True
    return isinstance(argument, ast.Await) and _pastes_text(argument.value)


def main() -> int:
    """Print every finding in the project; status 1 if one is red."""
    files = [file for folder in CODE for file in sorted((ROOT / folder).rglob("*.py"))]
    files += [ROOT / name for name in PROGRAM if (ROOT / name).is_file()]
    files += [ROOT / "pyproject.toml", *sorted(ROOT.glob("*.md"))]
    files += [page for folder in (*CODE, *PAGES) for page in sorted((ROOT / folder).rglob("*.md"))]
    paths = [file.relative_to(ROOT).as_posix() for file in files]
    found = [*flat_folders(paths)]
    for path, file in zip(paths, files, strict=True):
        found += findings(path, file.read_text())
    for finding in found:
        print(finding)
    red = sum(finding.red for finding in found)
    print(f"gate: {len(files)} files, {len(found)} to look at, {red} red")
    return 1 if red else 0


if __name__ == "__main__":
    sys.exit(main())
