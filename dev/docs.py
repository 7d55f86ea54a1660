"""The reference tables in `docs/`, generated from the sources so that they can't disagree.

`python -m dev.docs` fills the space between `<!-- NAME:begin -->` and `<!-- NAME:end -->`; the rest
of those files is written by hand. `--check` writes nothing and names the stale files. The sources
are read as text: nothing of the product is imported.
"""

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dev import finding_docs, message_docs

ROOT = Path(__file__).resolve().parents[1]
COMPONENTS = (
    *("OidcIssuer", "SelfIssuer", "GcpIdentity", "AzureAudience", "AzureIdentity", "ClusterSso"),
)
SHAPES = (  # dicts that components take or give
    "Login",
    "SsoOnly",
    "Kept",
    "GroupSync",
    "GkeAccount",
    "AksAccount",
    "IdentityFacts",
    "SourceFacts",
    "Connect",
    "ConnectIdentity",
)

TYPE_WORDS = {  # of configuration keys, by the type in the model
    r"str|Output\[str\]|Literal\['.*'\]": "string",
    r"Switch": "boolean",
    r"WholeNumber|Annotated\[WholeNumber, .*\]": "integer",
    r"tuple\[Text, \.\.\.\]": "list of strings",
    r"Mapping\[.*\]|\w+Config": "map",
}

Sections = Mapping[str, str]
Classes = Mapping[str, ast.ClassDef]


class DocsFailed(Exception):
    """A source or a document lacks what the tables need."""


@dataclass(frozen=True, slots=True)
class Item:
    """One argument, key or output.

    Attributes:
        name: As a program writes it.
        type: Its type, without what the other columns say.
        is_required: Whether it has to be given.
        meaning: Its docstring in one line, "" if it has none.
        value: What its class assigns to it, None if it assigns nothing.
    """

    name: str
    type: str
    is_required: bool
    meaning: str
    value: ast.expr | None = None


def documents(root: Path) -> Mapping[str, Sections]:
    """Return the sections that each document has to have, by its path from the project folder."""
    return {
        "docs/components.md": component_sections(classes_in(root / "components")),
        "docs/configuration.md": config_sections(classes_in(root / "stack_config.py")),
        "docs/findings.md": {"findings": _table(finding_docs.HEAD, finding_docs.rows(root))},
        "docs/login-errors.md": {"messages": _table(message_docs.HEAD, message_docs.rows(root))},
    }


def filled(text: str, sections: Sections) -> str:
    """Return a document with its sections rewritten.

    Raises:
        DocsFailed: A section does not have its two markers exactly once.
    """
    for name, section in sections.items():
        begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->\n"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        if text.count(begin) != 1 or text.count(end) != 1 or end in before:
            raise DocsFailed(f"needs one line {begin.strip()} and below it one {end.strip()}")
        text = f"{before}{begin}\n{section}\n\n{end}{after}"
    return text


def classes_in(source: Path) -> Classes:
    """Return the classes of a module, or of the modules of a package, by name."""
    files = sorted(source.glob("*.py")) if source.is_dir() else [source]
    trees = [ast.parse(file.read_text(), str(file)) for file in files]
    return {
        node.name: node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)
    }


def component_sections(classes: Classes) -> Sections:
    """Return the section of each component, and of each dict that they take or return.

    Raises:
        DocsFailed: A class is missing, or something that a program writes has no docstring.
    """
    shapes = {name: described(name, "Key", classes) for name in SHAPES}
    return {name: _component(name, classes) for name in COMPONENTS} | shapes


def described(name: str, what: str, classes: Classes) -> str:
    """Return the section of a TypedDict, with the keys of those that it extends.

    Args:
        name: Name of the class.
        what: What its keys are called, e.g. "Argument".
        classes: All classes, including those that it extends.

    Raises:
        DocsFailed: It is missing, or one of its keys has no docstring.
    """
    node = _class(name, classes)
    items = [item for line in _lineage(node, classes) for item in _described(line)]
    rows = [
        (_code(i.name), _code(i.type), "yes" if i.is_required else "", i.meaning) for i in items
    ]
    return f"{_docstring(node)}\n\n{_table((what, 'Type', 'Required', 'Meaning'), rows)}"


def config_sections(classes: Classes) -> Sections:
    """Return the sections of a stack's configuration, and of a login in it.

    Raises:
        DocsFailed: A class is missing, or a key has no docstring or a type without a word for it.
    """
    models = {"config": "StackConfig", "login": "LoginConfig"}
    return {section: _config_table(name, classes) for section, name in models.items()}


def _config_table(name: str, classes: Classes) -> str:
    rows = []
    for item in _described(_class(name, classes)):
        words = [word for kind, word in TYPE_WORDS.items() if re.fullmatch(kind, item.type)]
        if not words:
            raise DocsFailed(f"{name}.{item.name}: TYPE_WORDS has no word for {item.type}")
        key, secret = _camel_case(item.name), "yes" if item.type.startswith("Output") else ""
        example = _code(examples[0]) if (examples := _examples(item.value)) else ""
        rows.append((_code(key), words[0], _default(item.value), secret, item.meaning, example))
    return _table(("Key", "Type", "Default", "Secret", "Meaning", "Example"), rows)


def _default(value: ast.expr | None) -> str:
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "Field":
        value = _keywords(value).get("default")
    if value is None:
        return "required"
    if isinstance(value, ast.Call):  # an empty object
        return "none"
    default = ast.literal_eval(value)
    is_nothing = default is not False and default in ("", 0, None, (), {})
    return "none" if is_nothing else _code(json.dumps(default).strip('"'))


def _examples(value: ast.expr | None) -> Sequence[str]:
    given = _keywords(value).get("examples") if isinstance(value, ast.Call) else None
    return ast.literal_eval(given) if given else ()


def _keywords(call: ast.Call) -> Mapping[str | None, ast.expr]:
    return {keyword.arg: keyword.value for keyword in call.keywords}


def _camel_case(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(word.capitalize() for word in more)


def _component(name: str, classes: Classes) -> str:
    node = _class(name, classes)
    outputs = [(_code(i.name), _code(i.type), i.meaning) for i in _items(node)]
    methods = [
        (
            _code(_signature(method)),
            _one_line((ast.get_docstring(method) or "").partition("\n\n")[0]),
        )
        for method in node.body
        if isinstance(method, ast.FunctionDef) and not method.name.startswith("_")
    ]
    parts = [
        _docstring(node),
        described(f"{name}Args", "Argument", classes),
        _table(("Output", "Type", "Meaning"), outputs),
    ]
    return "\n\n".join([*parts, _table(("Method", "Meaning"), methods)] if methods else parts)


def _class(name: str, classes: Classes) -> ast.ClassDef:
    if name not in classes:
        raise DocsFailed(f"class {name} is missing")
    return classes[name]


def _lineage(node: ast.ClassDef, classes: Classes) -> Iterator[ast.ClassDef]:
    """Yield the described classes that a class extends, then the class itself."""
    for base in node.bases:
        if ast.unparse(base) in classes:
            yield from _lineage(classes[ast.unparse(base)], classes)
    yield node


def _described(node: ast.ClassDef) -> Iterator[Item]:
    for item in _items(node):
        if not item.meaning:
            raise DocsFailed(f"{node.name}.{item.name} needs a docstring below it")
        yield item


def _items(node: ast.ClassDef) -> Iterator[Item]:
    """Yield the annotated names of a class, each with the docstring below it."""
    for statement, following in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            given, is_required = statement.annotation, True
            if isinstance(given, ast.Subscript) and ast.unparse(given.value) == "NotRequired":
                given, is_required = given.slice, False
            name, meaning = statement.target.id, _text_of(following)
            yield Item(name, _type(given), is_required, meaning, statement.value)


def _type(annotation: ast.expr) -> str:
    return ast.unparse(annotation).removesuffix(" | None").replace("pulumi.", "")


def _text_of(statement: ast.stmt | None) -> str:
    """Return the text of a statement that is only a string, "" for any other."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return _one_line(str(statement.value.value))
    return ""


def _signature(method: ast.FunctionDef) -> str:
    parameters = ast.unparse(method.args).removeprefix("self, ")
    result = f" -> {ast.unparse(method.returns)}" if method.returns else ""
    return f"{method.name}({parameters}){result}".replace("pulumi.", "")


def _docstring(node: ast.ClassDef) -> str:
    text = ast.get_docstring(node)
    if not text:
        raise DocsFailed(f"class {node.name} needs a docstring")
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _code(text: str) -> str:
    return f"`{text}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; columns without any text are left out."""
    rows = [[_one_line(cell).replace("|", r"\|") for cell in row] for row in rows]
    kept = [n for n, column in enumerate(zip(*rows, strict=True)) if any(column)]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line[n] for n in kept)} |" for line in lines)


def main(argv: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write the stale documents, or with `--check` name them and return 1."""
    parser = argparse.ArgumentParser(prog="python -m dev.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if one is stale")
    is_check = parser.parse_args(argv).check
    stale = []
    try:
        for name, sections in documents(root).items():
            before = (root / name).read_text()
            try:
                after = filled(before, sections)
            except DocsFailed as exc:
                raise DocsFailed(f"{name} {exc}") from exc
            if after != before:
                stale.append(name)
                if not is_check:
                    (root / name).write_text(after)
    except DocsFailed as exc:
        print(f"docs: {exc}", file=sys.stderr)
        return 1
    for name in stale:
        print(f"docs: {name} is stale: run `make fix`" if is_check else f"docs: wrote {name}")
    return 1 if is_check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
