"""What means the same as before stays as it was written, so that no preview shows a change."""

import json
from collections.abc import Mapping

from crdb_sso.provider.inputs import KEYS, SOURCES
from crdb_sso.provider.property_types import PropertyBag, items
from crdb_sso.tokens.jwk import FlawedKeyError, public_key
from crdb_sso.tokens.jwks import canonical_text


def with_old_key_texts(inputs: PropertyBag, olds: PropertyBag) -> dict[str, object]:
    """Return inputs with the old text of each key whose canonical text is the same.

    Older versions passed on whatever text a program gave. A text that no longer passes the checks,
    such as one with a private member, is replaced.

    Args:
        inputs: What a program wants.
        olds: What it wanted before.
    """
    before = dict(items(olds.get(SOURCES.name)))
    sources = inputs.get(SOURCES.name)
    if not before or not isinstance(sources, Mapping):
        return dict(inputs)
    kept = {name: _source(source, before.get(name)) for name, source in sources.items()}
    return {**inputs, SOURCES.name: kept}


def _source(source: object, old: object) -> object:
    keys = source.get(KEYS.name) if isinstance(source, Mapping) else None
    old_keys = dict(items(dict(items(old)).get(KEYS.name)))
    if not isinstance(source, Mapping) or not isinstance(keys, Mapping) or not old_keys:
        return source
    return {
        **source,
        KEYS.name: {kid: _text(text, old_keys.get(kid)) for kid, text in keys.items()},
    }


def _text(text: object, old: object) -> object:
    is_text = isinstance(text, str) and isinstance(old, str)
    if not is_text or text == old or canonical_text(str(text)) != canonical_text(str(old)):
        return text
    try:
        public_key(json.loads(str(old)))
    except FlawedKeyError:
        return text
    return old
