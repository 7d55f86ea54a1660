"""Reads the keys of a stack's configuration into a model, or says what to fix.

The values of secrets never appear in an error.
"""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Annotated, ClassVar, Literal, TypeVar, get_args, get_origin

import pulumi
from pulumi.runtime import get_config_env, is_config_secret
from pulumi.runtime.config import CONFIG
from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails
from typing_extensions import Self

from crdb_sso.printing import cut, printable_lines

NAMESPACE = "crdb-sso"

Text = Annotated[str, Field(min_length=1)]
Switch = Annotated[bool, Strict()]
WholeNumber = Annotated[int, Strict()]

Path = tuple[str | int, ...]
"""Where a value is: keys, names of entries and positions in lists, from the outside in."""


class Keys(BaseModel):
    """A frozen object whose keys are written in camelCase; unknown keys are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        arbitrary_types_allowed=True,  # a secret is an Output
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )

    elsewhere: ClassVar[Mapping[str, str]] = {}
    """What to do about unknown keys that other texts have."""

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if mistakes := list(self.mistakes()):
            raise InconsistentKeys(mistakes)
        return self

    def mistakes(self) -> Iterator["Mistake"]:
        """Yield what does not fit together although each value is valid."""
        return iter(())


Model = type[Keys]
_Model = TypeVar("_Model", bound=Keys)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to fix.

    Attributes:
        path: Where it is, relative to the model that reports it.
        what: What is wrong; `{}` in it stands for the value.
        hint: What to do next.
        value: The value; an error shows it unless its outermost key is secret.
    """

    path: Path
    what: str
    hint: str
    value: object = None


class InconsistentKeys(ValueError):
    """Each value is valid, but they don't fit together."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__(*(mistake.what for mistake in mistakes))
        self.mistakes = mistakes


def read(model: type[_Model]) -> _Model:
    """Read the whole namespace into a model.

    Raises:
        pulumi.RunError: Something has to be fixed; the text names each key.
    """
    values, mistakes = _values(model)
    try:
        made = model.model_validate(values)
    except ValidationError as error:
        mistakes += _mistakes_in(error, model)
    if mistakes:
        raise _run_error(mistakes)
    return made


def keys_of(model: Model) -> Mapping[str, str]:
    """Return the attributes of a model by key."""
    return {field.alias or name: name for name, field in model.model_fields.items()}


def path_text(path: Path) -> str:
    """Return a path with its namespace, as `pulumi config set --path` takes it."""
    text = "".join(
        f".{part}"
        if isinstance(part, str) and re.fullmatch(r"[\w-]+", part)
        else f"[{json.dumps(part)}]"
        for part in path
    )
    return f"{NAMESPACE}:{text.removeprefix('.')}"


# values


def _values(model: Model) -> tuple[dict[str, object], list[Mistake]]:
    """Return the values that are set, by key, and which of them should have been encrypted.

    Unknown keys come with None, so that the model refuses them.
    """
    config = pulumi.Config(NAMESPACE)
    declared = {config.full_key(key) for key in keys_of(model)}
    prefix = config.full_key("")
    values: dict[str, object] = {
        key.removeprefix(prefix).encode(errors="backslashreplace").decode(): None
        for key in sorted({*get_config_env(), *CONFIG.get()} - declared)
        if key.startswith(prefix)
    }
    mistakes = []
    for key, name in keys_of(model).items():
        field = model.model_fields[name]
        text = config.get(key)
        value = text if _is_text(field.annotation) else _parsed(text)
        if value in ("", None) or (value == {} and not field.is_required()):
            continue
        if _is_secret(key, model):
            value = pulumi.Output.secret(text)
            if not is_config_secret(config.full_key(key)):
                mistakes.append(Mistake((key,), "is not encrypted", how_to_set(key, model)))
        values[key] = value
    return values, mistakes


def _is_text(annotation: object) -> bool:
    """Tell whether a key takes its text as it is; all others take the JSON in it."""
    is_choice = get_origin(annotation) is Literal
    return is_choice or annotation in (str, str | None, pulumi.Output[str])


def _is_secret(key: str, model: Model) -> bool:
    return model.model_fields[keys_of(model)[key]].annotation == pulumi.Output[str]


def _parsed(text: str | None) -> object:
    """Return the JSON value in a text, or the text itself if it is not JSON."""
    try:
        return json.loads(text or "null")
    except (ValueError, RecursionError):
        return text


# errors


MISSING = "is missing"

LIST, MAP = "[list]", "[map]"
"""Tags for a value that may be a list or a map; pydantic puts them into the path of an error."""

_NAME = "[key]"
"""What pydantic adds after the name of an entry if the name itself is invalid."""

_LONGEST_VALUE = 60


def how_to_set(key: str, model: Model) -> str:
    """Return how to set an outermost key: the command, or what to write."""
    example = _example(key, model)
    if example.startswith("{"):
        return f"Write {key}: {example}."
    secret = "--secret " if _is_secret(key, model) else ""
    return f"Run `pulumi config set {secret}{path_text((key,))} {shlex.quote(example)}`."


def _run_error(mistakes: Sequence[Mistake]) -> pulumi.RunError:
    """Return the error that lists all mistakes; several take one line each."""
    file = f"Pulumi.{pulumi.get_stack()}.yaml"
    lines = [f"{path_text(m.path)} {m.what.replace('{}', _value_text(m))}" for m in mistakes]
    if len(mistakes) == 1:
        text = f"{file}: {lines[0]}\n  Next step: {mistakes[0].hint}"
        return pulumi.RunError(printable_lines(text))
    each = "\n".join(f"  {line}. {m.hint}" for line, m in zip(lines, mistakes, strict=True))
    text = f"{file} has {len(mistakes)} mistakes:\n{each}\n  Next step: Fix each of them."
    return pulumi.RunError(printable_lines(text))


def _value_text(mistake: Mistake) -> str:
    value = mistake.value
    if is_config_secret(path_text(mistake.path[:1])):
        return "[secret]"
    if isinstance(value, dict | list):
        return "a map" if isinstance(value, dict) else "a list"
    return cut(repr(value) if isinstance(value, str) else json.dumps(value), _LONGEST_VALUE)


def _mistakes_in(error: ValidationError, model: Model) -> Iterator[Mistake]:
    for found in error.errors(include_url=False):
        path = _path(found)
        if found["type"] == "value_error":
            for mistake in found["ctx"]["error"].mistakes:
                yield replace(mistake, path=(*path, *mistake.path))
        elif found["type"] == "missing":
            outermost = how_to_set(str(path[0]), model)
            hint = f"Add it to {path_text(path[:-1])}." if path[1:] else outermost
            yield Mistake(path, MISSING, hint)
        elif found["type"] == "extra_forbidden":
            yield Mistake(path, "is unknown", _nearest_key(path, model))
        elif found["loc"][-1] == _NAME and path[1:]:
            yield Mistake(path[:-1], "has an entry without a name", "Name the entry.")
        else:
            what, hint = _wrong_value(found, str(path[0]), model)
            yield Mistake(path, what, hint, found["input"])


def _path(found: ErrorDetails) -> Path:
    """Return the path of an error without what pydantic puts in between."""
    path = found["loc"]
    keys = {0, len(path) - 1} if found["type"] == "extra_forbidden" else {0}
    return tuple(part for n, part in enumerate(path) if n in keys or part not in (_NAME, LIST, MAP))


def _wrong_value(found: ErrorDetails, outermost: str, model: Model) -> tuple[str, str]:
    """Return what is wrong with a value, and what to write instead."""
    kind, limits = found["type"], found.get("ctx", {})
    if kind in ("model_type", "dict_type", "mapping_type"):
        return "is {}, not a map", f"Write {outermost}: {_example(outermost, model)}."
    if kind == "tuple_type":
        return "is {}, not a list", "Write a list, even for a single entry."
    if kind == "string_too_short":
        return "is empty", "Write a string, or remove the entry."
    hints = {
        "string_type": 'Write a string; quote numbers, e.g. "1077".',
        "bool_type": "Write true or false.",
        "int_type": "Write a whole number.",
        "literal_error": f"Write {limits.get('expected', '').replace(chr(39), '')}.",
        "greater_than_equal": f"Write {limits.get('ge')} or more.",
        "less_than_equal": f"Write {limits.get('le')} or less.",
    }
    return "is {}", hints.get(kind, "See docs/configuration.md.")


def _example(key: str, model: Model) -> str:
    return str((model.model_fields[keys_of(model)[key]].examples or ["..."])[0])


def _nearest_key(path: Path, model: Model) -> str:
    """Return the known key that is most like an unknown one, or where to find all of them."""
    inner = _model_at(path[:-1], model)
    if path[-1] in inner.elsewhere:
        return inner.elsewhere[str(path[-1])]
    known = keys_of(inner)
    by_letters = {_letters(key): key for key in known}
    nearest = get_close_matches(_letters(str(path[-1])), by_letters, 1)
    if nearest:
        return f"Did you mean {by_letters[nearest[0]]}?"
    all_keys = "See docs/configuration.md for all keys."
    return f"Known keys: {', '.join(known)}." if path[1:] else all_keys


def _letters(key: str) -> str:
    """Return a key without what people mix up: capitals, dashes and underscores."""
    return re.sub(r"[\W_]", "", key).lower()


def _model_at(path: Path, model: Model) -> Model:
    """Return the model of an object inside an object of another model."""
    if not path:
        return model
    key, *inside = path
    inner, names = next(_models_in(model.model_fields[keys_of(model)[str(key)]].annotation))
    return _model_at(tuple(inside[names:]), inner)


def _models_in(annotation: object, names: int = 0) -> Iterator[tuple[Model, int]]:
    """Yield the models in an annotation, each with how many names or positions lead to it."""
    origin = get_origin(annotation)
    if origin is None and isinstance(annotation, type) and issubclass(annotation, Keys):
        yield annotation, names
    for argument in get_args(annotation):
        yield from _models_in(argument, names + (origin in (Mapping, tuple)))
