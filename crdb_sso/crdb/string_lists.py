"""Lists of strings as CockroachDB reads them (audience, issuers), and the map of issuers."""

from crdb_sso.crdb import json_slices

MAP_MEMBER = "issuer_jwks_map"


def strings(text: str) -> tuple[tuple[str, str], ...]:
    """Return text and raw slice of each string of a list, or of the one that stands alone.

    Raises:
        NotJsonError: The text is JSON, and no list of strings.
    """
    if text == "":
        return ()  # unset; the cluster reads it as one empty string, which no stack relies on
    if not json_slices.is_json(text):
        return ((text, json_slices.quoted(text)),)  # one literal value
    if json_slices.decoded(text) in (None, {}):
        return ()
    slices = json_slices.elements(text)
    return tuple((_string(raw), raw) for raw in slices)


def _string(raw: str) -> str:
    value = json_slices.decoded(raw)
    if value is not None and not isinstance(value, str):
        raise json_slices.NotJsonError("a list of strings is expected")
    return value or ""


def issuer_map(text: str) -> tuple[tuple[str, str], ...] | None:
    """Return issuer and raw member of the map form, None for the other forms.

    Raises:
        NotJsonError: The text is an object of another form, or goes on behind its end.
    """
    if not json_slices.is_json(text):
        _refuse_trailing(text)
        return None
    if not text.strip().startswith("{"):
        return None
    outer = json_slices.members(text)
    if not outer:
        return None
    if len(outer) != 1 or outer[0].name.lower() != MAP_MEMBER:
        raise json_slices.NotJsonError(f"one member {MAP_MEMBER} is expected")
    if outer[0].value == "null":
        return ()
    return tuple((member.name, member.raw) for member in json_slices.members(outer[0].value))


def _refuse_trailing(text: str) -> None:
    """Text behind a list or map is ignored by the cluster; a literal it is not."""
    if not text.lstrip().startswith(("[", "{", "n")):
        return
    try:
        end = json_slices.value_end(text)
    except json_slices.NotJsonError:
        return
    raise json_slices.NotJsonError(
        f"there is text behind the JSON value, from character {end + 1} on"
    )
