"""Which inputs a program gives as secrets: the engine hands the provider their bare texts.

So the program says which they are, as JSON pointers (RFC 6901) in a property of its own: the texts
stay where they are, and a preview knows the pointers even where the texts are not known yet.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence

import pulumi

from crdb_sso.preview.masking import texts_in
from crdb_sso.provider.inputs import PROPERTY_NAMES, SECRET_INPUTS
from crdb_sso.provider.property_types import PropertyBag, Texts


def secret_pointers(props: PropertyBag) -> pulumi.Input[Sequence[str] | None]:
    """Return where a program gives secrets, None if it gives none."""
    outputs = dict(_outputs("", props))
    return pulumi.Output.from_input(_secret_ones(outputs)) if outputs else None


def _outputs(at: str, value: object) -> Iterator[tuple[str, pulumi.Output[object]]]:
    if isinstance(value, pulumi.Output):
        yield at, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _outputs(f"{at}/{_escaped(str(name))}", inner)


async def _secret_ones(outputs: Mapping[str, pulumi.Output[object]]) -> list[str] | None:
    deep = [pulumi.Output.from_input(value).is_secret() for value in outputs.values()]
    found = await asyncio.gather(*deep, return_exceptions=True)  # an error is told by its input
    return [at for at, secret in zip(outputs, found, strict=True) if secret is True] or None


def is_secret(name: str, props: PropertyBag) -> bool:
    """Tell whether an outermost property is a secret as a whole."""
    return f"/{_escaped(name)}" in _pointers(props)


def _pointers(props: PropertyBag) -> Sequence[str]:
    return Texts().read(props.get(SECRET_INPUTS.name))


def secret_texts(props: PropertyBag) -> Iterator[str]:
    """Yield the texts that must not be shown."""
    for pointer in _pointers(props):
        value: object = props
        for part in pointer.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            value = value.get(name) if isinstance(value, Mapping) else None
        yield from texts_in(value, PROPERTY_NAMES)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
