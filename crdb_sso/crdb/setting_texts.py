"""Shared settings as documents of entries: read, spliced, and given back as they were found.

Rules:

* What nobody of ours knows is kept byte for byte: raw slices are moved, never decoded and encoded.
* A text that CockroachDB itself might read otherwise than we do is refused, never guessed at.
* A splice that changes no entry returns the very text it was given.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from crdb_sso.crdb import identity_map, json_slices, pem, string_lists
from crdb_sso.crdb.settings import DEFAULT_TEXT, Setting
from crdb_sso.errors import GuardRefused, InvalidMapLine
from crdb_sso.tokens import jwks


def text_before(setting: Setting, found: str | None) -> str:
    """Return how a setting read before its first claim; None stands for its default."""
    return DEFAULT_TEXT[setting] if found is None else found


@dataclass(frozen=True, slots=True)
class Document:
    """A setting's text taken apart.

    Attributes:
        items: `(entry, raw)` in order; the entry is "" for what can't be named: a comment, a key
            without kid.
        render: Puts a list of items together again.
        new_raw: Makes the raw slice of a new entry out of its name and text.
        agrees: Whether a live raw slice says the same as a text we would write.
        frame: What stands around the items and is no layout: members beside `keys`.
    """

    items: tuple[tuple[str, str], ...]
    render: Callable[[tuple[tuple[str, str], ...]], str]
    new_raw: Callable[[str, str], str]
    agrees: Callable[[str, str], bool]
    frame: tuple[str, ...] = ()


def entries(setting: Setting, text: str, name: str = "") -> dict[str, str]:
    """Return the raw slice of each named entry; of doubles the first, as the cluster does.

    Args:
        setting: Which setting the text is of.
        text: Its value.
        name: What this cluster calls it, for errors.

    Raises:
        GuardRefused: The text is none that can be merged safely.
    """
    found: dict[str, str] = {}
    for entry, raw in read(setting, text, name).items:
        if entry:
            found.setdefault(entry, raw)
    return found


def agrees(setting: Setting, raw: str, text: str) -> bool:
    """Tell whether a live raw slice means what `text`, an entry of ours, means."""
    return _AGREES.get(setting, _always)(raw, text)


def spliced(
    setting: Setting,
    text: str,
    put: Mapping[str, str],
    drop: Collection[str],
    *,
    as_map: bool = False,
) -> str:
    """Return the text with the entries of `put` in it and those of `drop` gone.

    Args:
        setting: Which setting the text is of.
        text: Its live value.
        put: Text by entry name; one that is live and means the same is left as it stands.
        drop: Names of entries; what is not there is no error. `put` wins over `drop`.
        as_map: Whether a list of issuers becomes a map, if `put` knows the JWKS URI of each.

    Raises:
        GuardRefused: The text is none that can be merged safely.
    """
    document = read(setting, text)
    kept: list[tuple[str, str]] = []
    seen: set[str] = set()
    for entry, raw in document.items:
        is_first = entry not in seen
        seen.add(entry)
        if entry and entry in put and is_first and not document.agrees(raw, put[entry]):
            kept.append((entry, document.new_raw(entry, put[entry])))
        elif entry and entry in drop and entry not in put and _goes(setting, is_first=is_first):
            continue
        else:
            kept.append((entry, raw))
    new = [(e, document.new_raw(e, t)) for e, t in put.items() if e not in seen]
    items = (*kept, *new)
    if as_map and items and not is_issuer_map(text) and all(put.get(e) for e, _ in items):
        return _render_issuer_map(tuple((e, _json_uri(e, put[e])) for e, _ in items))
    return text if items == document.items else document.render(items)


def _goes(setting: Setting, *, is_first: bool) -> bool:
    """Of two keys with one kid the second is another's; doubles elsewhere are the same entry."""
    return is_first or setting is not Setting.JWKS


def same_content(setting: Setting, text: str, other: str) -> bool:
    """Tell whether two texts hold the same entries in the same order, whatever the layout."""
    one, two = read(setting, text), read(setting, other)
    return (one.items, one.frame) == (two.items, two.frame)


def read(setting: Setting, text: str, name: str = "") -> Document:
    """Take a setting's text apart; an error names it as this cluster does.

    Raises:
        GuardRefused: The text is none that can be merged safely.
    """
    try:
        return _READERS[setting](text)
    except (json_slices.NotJsonError, InvalidMapLine) as exc:
        raise GuardRefused(
            f"the live value of {name or setting.value} can't be read: {_reason(exc)}",
            hint="Look at it with SHOW CLUSTER SETTING, mend it by hand, then run again; nothing"
            " was written.",
        ) from exc


def _reason(exc: Exception) -> str:
    return exc.what if isinstance(exc, InvalidMapLine) else str(exc)


# identity map


def _read_map(text: str) -> Document:
    items = tuple((line.entry, line.text) for line in identity_map.map_lines(text))
    return Document(items, _render_map, _same_text, _always)


def _render_map(items: tuple[tuple[str, str], ...]) -> str:
    return "".join(f"{raw}\n" for _, raw in items)


# lists of strings: audience, issuers


def _read_audience(text: str) -> Document:
    return Document(string_lists.strings(text), _render_strings, _json_name, _always)


def _read_issuers(text: str) -> Document:
    mapped = string_lists.issuer_map(text)
    if mapped is None:
        return Document(string_lists.strings(text), _render_strings, _json_name, _always)
    return Document(mapped, _render_issuer_map, _json_uri, _same_uri)


def is_issuer_map(text: str) -> bool:
    """Tell whether a text of the issuers has their JWKS URIs."""
    return string_lists.issuer_map(text) is not None


def issuer_uris(text: str) -> dict[str, object]:
    """Return the JWKS URI of each issuer in a text that is a map; in another there is none."""
    return {name: _uri(raw) for name, raw in string_lists.issuer_map(text) or ()}


def _uri(raw: str) -> object:
    (member,) = json_slices.members(f"{{{raw}}}")
    return json_slices.decoded(member.value)


def _same_uri(raw: str, text: str) -> bool:
    """Tell whether a member of the map has a URI; "" stands for whatever it has."""
    return text in ("", _uri(raw))


def _render_strings(items: tuple[tuple[str, str], ...]) -> str:
    return json_slices.joined_list(tuple(raw for _, raw in items))


def _render_issuer_map(items: tuple[tuple[str, str], ...]) -> str:
    mapped = json_slices.joined_object(tuple(raw for _, raw in items))
    return json_slices.joined_object((json_slices.raw_member(string_lists.MAP_MEMBER, mapped),))


def _json_name(entry: str, _text: str) -> str:
    return json_slices.quoted(entry)


def _json_uri(entry: str, text: str) -> str:
    if not text:
        raise GuardRefused(
            f"{Setting.ISSUERS.value} holds a map from issuer to JWKS URI, and none is known for"
            f" {entry}",
            hint="Give the issuer's `jwks_uri` (beside `jwks`, if the deployer can't reach it).",
        )
    return json_slices.raw_member(entry, json_slices.quoted(text))


# key set


def _read_keys(text: str) -> Document:
    if not json_slices.is_json(text) or not text.strip().startswith("{"):
        raise json_slices.NotJsonError("a JWK or JWKS object is expected")
    members = json_slices.members(text)
    places = [number for number, member in enumerate(members) if member.name == "keys"]
    if len(places) > 1:
        raise json_slices.NotJsonError("`keys` stands twice")
    if not places:
        return _keys((text.strip(),), (), ())
    listed = members[places[0]].value
    before, behind = members[: places[0]], members[places[0] + 1 :]
    return _keys(json_slices.elements(listed) if listed != "null" else (), before, behind)


def _keys(
    slices: tuple[str, ...],
    before: tuple[json_slices.Member, ...],
    behind: tuple[json_slices.Member, ...],
) -> Document:
    def render(items: tuple[tuple[str, str], ...]) -> str:
        listed = json_slices.joined_list(tuple(raw for _, raw in items))
        keys = json_slices.raw_member("keys", listed)
        return json_slices.joined_object(
            (*(m.raw for m in before), keys, *(m.raw for m in behind)),
        )

    items = tuple((_kid(raw), raw) for raw in slices)
    frame = tuple(member.raw for member in (*before, *behind))
    return Document(items, render, _same_text, jwks.same_meaning, frame)


def _kid(raw: str) -> str:
    key = json_slices.decoded(raw)
    kid = key.get("kid") if isinstance(key, dict) else None
    return kid if isinstance(kid, str) else ""


def _read_ca(text: str) -> Document:
    return Document(pem.blocks(text), _render_ca, _same_text, _always)


def _render_ca(items: tuple[tuple[str, str], ...]) -> str:
    return pem.joined(raw for _, raw in items)


def _same_text(_entry: str, text: str) -> str:
    return text


def _always(_raw: str, _text: str) -> bool:
    return True


_READERS: dict[Setting, Callable[[str], Document]] = {
    Setting.JWKS: _read_keys,
    Setting.ISSUERS: _read_issuers,
    Setting.AUDIENCE: _read_audience,
    Setting.IDENTITY_MAP: _read_map,
    Setting.CUSTOM_CA: _read_ca,
}

_AGREES: dict[Setting, Callable[[str, str], bool]] = {Setting.JWKS: jwks.same_meaning}
