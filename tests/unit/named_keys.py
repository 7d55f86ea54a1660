"""The keys of `tests.unit.standard_keys` under any kid, in the form that a stack writes."""

import json

from tests.unit.standard_keys import EC, ED


def ec_key(kid: str) -> str:
    return json.dumps(EC | {"kid": kid}, sort_keys=True, separators=(",", ":"))


def ed_key(kid: str) -> str:
    return json.dumps(ED | {"kid": kid}, sort_keys=True, separators=(",", ":"))
