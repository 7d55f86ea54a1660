"""The pinned keys: a JSON Web Key Set, one entry per key."""

from crdb_sso.crdb import json_slices
from crdb_sso.crdb.formats.base import EntryList, Parts
from crdb_sso.crdb.unreadable import UnreadableTextError
from crdb_sso.errors import InvalidInput
from crdb_sso.tokens import jwks


class KeySet(EntryList):
    """Keys, each under its kid; a single key without a set around it is a set of one."""

    keeps_doubles = True  # a cluster uses only the first key of a kid

    def read(self, text: str) -> Parts:
        """Return the keys, and the other members.

        Raises:
            UnreadableTextError: The text is neither a key nor a key set, or it has two `keys`.
        """
        if not json_slices.is_json(text) or not text.strip().startswith("{"):
            raise UnreadableTextError("a JWK or JWKS object is expected")
        members = json_slices.members(text)
        places = [number for number, member in enumerate(members) if member.name == "keys"]
        if len(places) > 1:
            raise UnreadableTextError("`keys` occurs twice")
        if not places:
            return _parts((text.strip(),), (), ())
        listed = members[places[0]].value
        keys = json_slices.elements(listed) if listed != "null" else ()
        return _parts(keys, members[: places[0]], members[places[0] + 1 :])

    def render(self, parts: Parts) -> str:
        """Return a key set."""
        listed = json_slices.joined_list(tuple(raw for _, raw in parts.items))
        keys = json_slices.raw_member("keys", listed)
        return json_slices.joined_object((*parts.before, keys, *parts.behind))

    def check_entry(self, entry: str, text: str) -> None:
        """Check that a text is one public key with that kid."""
        if list(jwks.parse_given(text).text_by_kid()) != [entry]:
            raise InvalidInput(
                f"it is not one public JWK with the kid {entry!r}", hint="Rename it."
            )

    def new_raw(self, entry: str, text: str) -> str:
        """Return the key."""
        return text

    def agrees(self, raw: str, text: str) -> bool:
        """Tell whether two keys are the same."""
        return jwks.same_meaning(raw, text)


def _parts(
    keys: tuple[str, ...],
    before: tuple[json_slices.Member, ...],
    behind: tuple[json_slices.Member, ...],
) -> Parts:
    items = tuple((_kid(raw), raw) for raw in keys)
    return Parts(items, tuple(m.raw for m in before), tuple(m.raw for m in behind))


def _kid(raw: str) -> str:
    key = json_slices.decoded(raw)
    kid = key.get("kid") if isinstance(key, dict) else None
    return kid if isinstance(kid, str) else ""
