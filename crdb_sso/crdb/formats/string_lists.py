"""Lists of strings as CockroachDB reads them: the audiences, the issuers, the map of issuers."""

from collections.abc import Collection, Mapping

from crdb_sso.argument_names import Argument
from crdb_sso.crdb import json_slices, published_recipe
from crdb_sso.crdb.formats.base import EntryList, Parts, SettingFormat
from crdb_sso.crdb.unreadable import UnreadableTextError
from crdb_sso.errors import GuardRefused, InvalidInput
from crdb_sso.tokens.issuers import Issuer, is_https

_MAP_MEMBER = "issuer_jwks_map"


class StringList(EntryList):
    """A JSON list of strings, or a single bare string; each string is its own name."""

    def read(self, text: str) -> Parts:
        """Return the strings.

        Raises:
            UnreadableTextError: The text is JSON, but not a list of strings.
        """
        if text == "":
            return Parts(())  # unset; the cluster reads an empty string, which no stack relies on
        if not json_slices.is_json(text):
            return Parts(((text, json_slices.quoted(text)),))  # one literal value
        if json_slices.decoded(text) in (None, {}):
            return Parts(())
        return Parts(tuple((_string(raw), raw) for raw in json_slices.elements(text)))

    def check_entry(self, entry: str, text: str) -> None:
        """Check that a text is the string that it is named after."""
        if not entry or text != entry:
            raise InvalidInput("it says something else", hint="Name a string by itself.")

    def render(self, parts: Parts) -> str:
        """Return a JSON list."""
        return json_slices.joined_list(tuple(raw for _, raw in parts.items))

    def new_raw(self, entry: str, text: str) -> str:
        """Return the JSON string."""
        return json_slices.quoted(entry)


class IssuerMap(EntryList):
    """A map from issuer to JWKS URI: `{"issuer_jwks_map": {issuer: URI}}`."""

    def read(self, text: str) -> Parts:
        """Return the members of the map.

        Raises:
            UnreadableTextError: The text is not such a map.
        """
        return Parts(_map_items(text) or ())

    def render(self, parts: Parts) -> str:
        """Return the map."""
        mapped = json_slices.joined_object(tuple(raw for _, raw in parts.items))
        return json_slices.joined_object((json_slices.raw_member(_MAP_MEMBER, mapped),))

    def new_raw(self, entry: str, text: str) -> str:
        """Return the member of an issuer with its URI.

        Raises:
            GuardRefused: Its URI is not known.
        """
        if not text:
            raise GuardRefused(
                "this cluster has its issuers in a map from issuer to JWKS URI, and that of"
                f" {entry} is not known",
                hint=f"Give the issuer's {Argument.JWKS_URI}; together with `jwks`, if the deployer"
                " can't reach it.",
            )
        return json_slices.raw_member(entry, json_slices.quoted(text))

    def agrees(self, raw: str, text: str) -> bool:
        """Tell whether a member has a given URI; "" stands for any."""
        return text in ("", _uri(raw))


class IssuerList(SettingFormat):
    """The issuers in either form: a list, or a map with their JWKS URIs."""

    def check_entry(self, entry: str, text: str) -> None:
        """Check that an entry is an issuer, and its text the address of its keys, or empty."""
        Issuer(entry)
        if text and not is_https(text):
            raise InvalidInput(f"{text!r} is not an https URL", hint="Give the https URL.")

    def read(self, text: str) -> Parts:
        """Return the issuers.

        Raises:
            UnreadableTextError: The text is neither a list nor a map of issuers.
        """
        return _issuer_form(text).read(text)

    def spliced(self, text: str, put: Mapping[str, str], drop: Collection[str]) -> str:
        """Return the text with the entries of `put` in it and those of `drop` gone."""
        return _issuer_form(text).spliced(text, put, drop)


def is_issuer_map(text: str) -> bool:
    """Tell whether a text of the issuers has their JWKS URIs.

    Raises:
        UnreadableTextError: It is another kind of object, or more text follows its end.
    """
    return _map_items(text) is not None


def issuer_uris(text: str) -> dict[str, object]:
    """Return the JWKS URI of each issuer if a text is a map; a list has no URIs.

    Raises:
        UnreadableTextError: It is another kind of object, or more text follows its end.
    """
    return {name: _uri(raw) for name, raw in _map_items(text) or ()}


def as_issuer_map(text: str, uris: Mapping[str, str]) -> str:
    """Return a text of issuers as a map if the URI of each is known, otherwise unchanged."""
    items = StringList().read(text).items if not is_issuer_map(text) else ()
    if not items or not all(uris.get(issuer) for issuer, _ in items):
        return text
    form = IssuerMap()
    return form.render(Parts(tuple((i, form.new_raw(i, uris[i])) for i, _ in items)))


def _issuer_form(text: str) -> EntryList:
    return IssuerMap() if is_issuer_map(text) else StringList()


def _map_items(text: str) -> tuple[tuple[str, str], ...] | None:
    """Return issuer and raw member of each entry of a map, None for any other form."""
    if not json_slices.is_json(text):
        _refuse_trailing(text)
        return None
    if not text.strip().startswith("{"):
        return None
    outer = json_slices.members(text)
    if not outer:
        return None
    if len(outer) != 1 or outer[0].name.lower() != _MAP_MEMBER:
        raise UnreadableTextError(_not_a_map(text))
    if outer[0].value == "null":
        return ()
    return tuple((member.name, member.raw) for member in json_slices.members(outer[0].value))


def _not_a_map(text: str) -> str:
    expected = f"one member {_MAP_MEMBER} is expected"
    if not published_recipe.is_recipe_of_issuers(text):
        return expected
    return f"{expected}. No version reads issuers as objects: {published_recipe.WRITE_ISSUERS}"


def _refuse_trailing(text: str) -> None:
    """Refuse text after a list or map, which the cluster ignores; a literal may begin like one."""
    if not text.lstrip().startswith(("[", "{", "n")):
        return
    try:
        end = json_slices.value_end(text)
    except json_slices.NotJsonError:
        return
    raise UnreadableTextError(f"there is text after the JSON value, from character {end + 1} on")


def _string(raw: str) -> str:
    value = json_slices.decoded(raw)
    if value is not None and not isinstance(value, str):
        raise UnreadableTextError("a list of strings is expected")
    return value or ""


def _uri(raw: str) -> object:
    (member,) = json_slices.members(f"{{{raw}}}")
    return json_slices.decoded(member.value)
