"""Manual changes to shared settings: people's tools decode, change and re-encode them."""

import json
from typing import Any

from crdb_sso.crdb.settings import Setting
from tests.unit.raw_entries import raw_items


def edited(setting: Setting, text: str, *, add: str = "", remove: str = "") -> str:
    """Return the text with one raw entry added at its end and one named entry removed."""
    if setting is Setting.IDENTITY_MAP:
        kept = [raw for name, raw in raw_items(setting, text) if not remove or name != remove]
        return "".join(f"{line}\n" for line in [*kept, *([add] if add else [])])
    change = _keys if setting is Setting.JWKS else _strings
    return json.dumps(change(text, add, remove), indent=1)


def _strings(text: str, add: str, remove: str) -> Any:
    try:
        value = json.loads(text) if text else None
    except ValueError:
        value = [text]
    if isinstance(value, dict) and value:
        (name, mapped), *_ = value.items()
        kept = {i: uri for i, uri in (mapped or {}).items() if not remove or i != remove}
        return {name: kept | ({json.loads(add): "https://by.hand"} if add else {})}
    kept_list = [item for item in value or [] if not remove or item != remove]
    return [*kept_list, *([json.loads(add)] if add else [])]


def _keys(text: str, add: str, remove: str) -> Any:
    value = json.loads(text)
    value = value if "keys" in value else {"keys": [value]}
    kept = [key for key in value["keys"] or [] if not remove or key.get("kid") != remove]
    return value | {"keys": [*kept, *([json.loads(add)] if add else [])]}
