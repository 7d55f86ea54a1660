"""What happens to the keys of an issuer of your own, in lines for people."""

from collections.abc import Iterator
from datetime import timezone

from crdb_sso.desired.unknown import Text
from crdb_sso.tokens.own_keys import OwnKeys

NOT_KNOWN_YET = "~ {}: only `up` will know whether another key signs"


def first_key_line(name: str, algorithm: Text, kid: str) -> str:
    """Return what a first `up` does.

    Args:
        name: The component.
        algorithm: What a key is made for; "" if one is given.
        kid: That of a given key; "" if it is not known yet.
    """
    if algorithm:
        return f"+ {name}: a private key is made ({algorithm}), and signs"
    return f"+ {name}: key {kid or '[unknown]'} signs"


def rotation_lines(name: str, before: OwnKeys, after: OwnKeys, algorithm: str) -> Iterator[str]:
    """Yield what a rotation does, or a change of the overlap.

    Args:
        name: The component.
        before: The keys that the state has.
        after: The keys then; a new one has no kid yet if it is still to be made.
        algorithm: What a new key is made for; "" if none is made.
    """
    if algorithm:
        yield f"~ {name}: a new private key is made ({algorithm}), and signs from then on"
    elif after.kid != before.kid:
        yield f"~ {name}: key {after.kid} signs from then on"
    for kid in sorted(before.texts):
        end = after.until.get(kid)
        if kid not in after.texts:
            yield f"- {name}: key {kid} is no longer published"
        elif end is not None and before.until.get(kid) != end:
            until = f"{end.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"
            yield f"~ {name}: key {kid} no longer signs, published until {until}"
