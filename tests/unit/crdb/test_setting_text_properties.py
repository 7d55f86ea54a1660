"""Properties of reading and splicing any text that CockroachDB accepts."""

import pytest
from hypothesis import event, given, reject
from hypothesis import strategies as st

from crdb_sso.crdb.formats.base import EntryList
from crdb_sso.crdb.formats.string_lists import IssuerMap, StringList, is_issuer_map
from crdb_sso.crdb.setting_texts import may_restore, read, spliced
from crdb_sso.crdb.settings import SPECS, Setting, SettingSpec
from crdb_sso.errors import GuardRefused
from dev.emulator.jose.keys import parse_jwks
from dev.emulator.setting_texts.identity_map import parse_identity_map
from dev.emulator.setting_texts.issuers_and_audiences import audience_list, issuer_list
from dev.emulator.sqlerror import SqlError
from tests.unit.cluster_model import ACCEPTS, SHARED
from tests.unit.foreign_text_strategies import TEXTS
from tests.unit.named_keys import ec_key
from tests.unit.raw_entries import other_members, raw_items

TOKENS = ["[", "]", "{", "}", ",", ":", '"', '"a"', "a", " ", "\\", "null", "1", "#", "\n", "keys"]
anything = st.lists(st.sampled_from(TOKENS), max_size=9).map("".join)


@st.composite
def settings_and_texts(draw: st.DrawFn) -> tuple[Setting, str]:
    setting = draw(st.sampled_from(SHARED))
    return setting, draw(TEXTS[setting])


def meant(setting: Setting, text: str) -> list[str]:
    """Return the named entries of a text as the embedded cluster reads it."""
    if setting is Setting.IDENTITY_MAP:
        rules = parse_identity_map(text).rules
        return sorted(f"{i} {r.identity} {r.user}" for i, lines in rules.items() for r in lines)
    if setting is Setting.JWKS:
        return sorted(key.kid for key in parse_jwks(text) if key.kid)
    read_list = issuer_list if setting is Setting.ISSUERS else audience_list
    return sorted(name for name in read_list(text) if name)


def named(setting: Setting, text: str) -> list[str]:
    return sorted(entry for entry, _ in read(setting, text).items if entry)


@given(settings_and_texts())
def test_what_others_left_is_read_as_the_cluster_reads_it(case: tuple[Setting, str]) -> None:
    setting, text = case
    assert named(setting, text) == meant(setting, text)


@given(st.sampled_from(SHARED), anything)
def test_any_text_that_the_cluster_accepts_is_read_as_it_reads_it_or_refused(
    setting: Setting, text: str
) -> None:
    try:
        ACCEPTS[setting](text)
    except SqlError:
        reject()
    try:
        ours = named(setting, text)
    except GuardRefused:
        event(f"refused: {setting.value}")
        return
    assert ours == meant(setting, text)


def form_of(setting: Setting, text: str) -> EntryList:
    """Return what puts the parts of a text together."""
    if setting is Setting.ISSUERS:
        return IssuerMap() if is_issuer_map(text) else StringList()
    assert isinstance(setting.spec.format, EntryList)
    return setting.spec.format


@given(settings_and_texts())
def test_rendering_what_was_read_reads_the_same(case: tuple[Setting, str]) -> None:
    setting, text = case
    parts = read(setting, text)

    rendered = form_of(setting, text).render(parts)

    assert read(setting, rendered) == parts
    assert may_restore(setting, rendered, text)


@given(st.sampled_from(sorted(TEXTS)), st.data())
def test_a_splice_with_nothing_to_do_returns_the_same_text(
    setting: Setting, data: st.DataObject
) -> None:
    text = data.draw(TEXTS[setting])
    assert spliced(setting, text, {}, ["not there"]) == text
    assert may_restore(setting, text, text)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.setting.name)
def test_the_default_of_a_setting_reads_in_its_format_and_is_written_back_unchanged(
    spec: SettingSpec,
) -> None:
    assert [entry for entry, _ in read(spec.setting, spec.default).items if entry] == []
    assert spliced(spec.setting, spec.default, {}, ["not there"]) == spec.default
    assert may_restore(spec.setting, spec.default, spec.default)


@given(settings_and_texts())
def test_what_is_put_and_dropped_again_leaves_every_byte_of_others(
    case: tuple[Setting, str],
) -> None:
    setting, text = case
    name, entry = {
        Setting.JWKS: ("ours", ec_key("ours")),
        Setting.IDENTITY_MAP: ("i s ours", "i s ours"),
    }.get(setting, ("ours", "https://ours/keys"))

    put = spliced(setting, text, {name: entry}, [])
    dropped = spliced(setting, put, {}, [name])

    assert raw_items(setting, put)[:-1] == raw_items(setting, text)
    assert raw_items(setting, dropped) == raw_items(setting, text)
    assert spliced(setting, put, {name: entry}, []) == put
    if setting is Setting.JWKS:
        assert other_members(put) == other_members(dropped) == other_members(text)


@given(settings_and_texts())
def test_the_cluster_accepts_the_texts_of_others(case: tuple[Setting, str]) -> None:
    setting, text = case
    ACCEPTS[setting](text)
