"""Nodes that fetch keys: what a cluster needs, what is refused, and the order of writes."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crdb_sso.crdb.formats.string_lists import as_issuer_map
from crdb_sso.crdb.setting_texts import entries
from crdb_sso.crdb.settings import LiveSetting, Setting, is_on
from crdb_sso.desired.logins import Desired, Identity, Login, Source
from crdb_sso.errors import GuardRefused, UnsupportedVersion
from crdb_sso.registry.claims import Kind
from tests.unit.cluster_model import Cluster, carried_out, history, planned, with_texts
from tests.unit.cluster_promises import brought_to, is_as_before
from tests.unit.crdb.test_pem import OF_A, A, B
from tests.unit.named_keys import ec_key
from tests.unit.request_strategies import found_clusters, wanted, wishes

IDP, OTHER = "https://idp.example.com", "https://other.example.com"
OLD_NAME = LiveSetting("server.jwt_authentication.issuers", "", is_default=True)
AT = f"{IDP}/keys"


def fetching(uri: str = "", ca: str = "", issuer: str = IDP) -> Desired:
    login = Login({"orders": Identity("idp", "crdb", "orders")})
    return Desired({"idp": Source(issuer, uri, ca=ca)}, {"app": login}, fetched=True)


def pinning() -> Desired:
    source = Source(IDP, keys={"k1": ec_key("k1")})
    return replace(fetching(), sources={"idp": source}, fetched=False)


def lacking(*settings: Setting, texts: Mapping[Setting, str] | None = None) -> Cluster:
    live = with_texts(texts or {})
    return Cluster({s: value for s, value in live.items() if s not in settings})


# what a cluster needs


def test_fetching_writes_the_limit_the_ca_and_the_switch_and_no_key() -> None:
    after = carried_out(Cluster(), wanted("me", fetching(ca=f"{A}\n# note\n{B}")))

    assert after.text(Setting.TIMEOUT) == "5s"
    assert after.text(Setting.AUTO_FETCH) == "true"
    assert after.text(Setting.CUSTOM_CA) == f"{A}\n{B}\n"
    assert after.text(Setting.JWKS) == '{"keys":[]}'
    assert after.text(Setting.ISSUERS) == f'["{IDP}"]'
    assert carried_out(after, wanted("me")).visible == Cluster().visible


@pytest.mark.parametrize(
    ("missing", "logins", "first"),
    [
        pytest.param(Setting.AUTO_FETCH, fetching(), "since 24.1", id="fetching"),
        pytest.param(Setting.CUSTOM_CA, fetching(ca=A), "since 24.2", id="a private CA"),
    ],
)
def test_on_a_cluster_without_the_settings_the_error_names_the_first_version(
    missing: Setting, logins: Desired, first: str
) -> None:
    with pytest.raises(UnsupportedVersion, match=missing.value) as caught:
        planned(lacking(missing), wanted("me", logins))
    assert first in caught.value.hint


def test_a_cluster_without_a_time_limit_setting_fetches_with_a_fixed_limit() -> None:
    after = carried_out(lacking(Setting.TIMEOUT, Setting.CUSTOM_CA), wanted("me", fetching()))
    assert is_on(after.settings, Setting.AUTO_FETCH)
    assert Setting.TIMEOUT not in after.settings


def test_pinned_keys_need_none_of_it() -> None:
    old = lacking(Setting.AUTO_FETCH, Setting.TIMEOUT, Setting.CUSTOM_CA)
    assert "k1" in entries(
        Setting.JWKS, carried_out(old, wanted("me", pinning())).text(Setting.JWKS)
    )


# in which order


def may_log_in(cluster: Cluster) -> bool:
    is_known = "k1" in entries(Setting.JWKS, cluster.text(Setting.JWKS))
    has_ca = OF_A in entries(Setting.CUSTOM_CA, cluster.text(Setting.CUSTOM_CA))
    return has_ca if is_on(cluster.settings, Setting.AUTO_FETCH) else is_known


@pytest.mark.parametrize("there", [True, False])
def test_no_login_fails_at_any_step_of_a_switch(*, there: bool) -> None:
    ways = [wanted("me", pinning()), wanted("me", fetching(ca=A))]
    old, new = ways if there else reversed(ways)
    before = carried_out(Cluster(), old)

    states = history(before, new)

    assert len(states) > 3
    assert all(map(may_log_in, states))


def test_the_limit_is_written_before_the_switch_that_makes_it_take_effect() -> None:
    plan = planned(Cluster(), wanted("me", fetching()))
    order = [write.setting for write in plan.writes]
    assert order.index(Setting.TIMEOUT) < order.index(Setting.AUTO_FETCH)


def test_a_cluster_that_fetched_before_us_refuses_pinned_keys_after_us() -> None:
    found = Cluster(with_texts({Setting.AUTO_FETCH: "true"}))
    ours = carried_out(found, wanted("me", fetching()))
    with pytest.raises(GuardRefused, match="this cluster fetches keys itself"):
        planned(ours, wanted("me", pinning()))


# the list of issuers


@pytest.mark.parametrize(
    ("before", "logins", "expected"),
    [
        pytest.param("", fetching(), f'["{IDP}"]', id="no URI: a list"),
        pytest.param(
            "", fetching(AT), f'{{"issuer_jwks_map":{{"{IDP}":"{AT}"}}}}', id="a URI: a map"
        ),
        pytest.param(
            f'{{"issuer_jwks_map":{{"{OTHER}" : "x"}}}}',
            fetching(AT),
            f'{{"issuer_jwks_map":{{"{OTHER}" : "x","{IDP}":"{AT}"}}}}',
            id="a map of others stays a map, their entries unchanged",
        ),
    ],
)
def test_issuers_keep_the_form_that_changes_least(
    before: str, logins: Desired, expected: str
) -> None:
    cluster = Cluster(with_texts({Setting.ISSUERS: before})) if before else Cluster()
    sources = {n: replace(s, close_passthrough=True) for n, s in logins.sources.items()}

    after = carried_out(cluster, wanted("me", replace(logins, sources=sources)))

    assert after.text(Setting.ISSUERS) == expected
    assert carried_out(after, wanted("me")).settings == cluster.settings


def test_our_list_becomes_a_map_once_all_uris_are_known() -> None:
    listed = carried_out(Cluster(), wanted("me", fetching()))

    mapped = carried_out(listed, wanted("me", fetching(AT)))

    assert mapped.text(Setting.ISSUERS) == f'{{"issuer_jwks_map":{{"{IDP}":"{AT}"}}}}'


def test_a_list_with_unknown_uris_cannot_take_a_known_one() -> None:
    both = Desired({"a": Source(IDP, AT), "b": Source(OTHER)}, {}, fetched=True)
    with pytest.raises(GuardRefused) as caught:
        planned(Cluster(), wanted("me", both))
    assert caught.value.what == (
        f"nodes can't be told the JWKS URI of {IDP}, while that of {OTHER} is not known"
    )
    assert "leave it out everywhere" in caught.value.hint.replace("leave it out\n", "leave it out ")


def test_before_24_2_1_no_uri_can_be_given() -> None:
    cluster = Cluster({**with_texts({}), Setting.ISSUERS: OLD_NAME})
    with pytest.raises(UnsupportedVersion, match="can't be told the JWKS URI") as caught:
        planned(cluster, wanted("me", fetching(AT)))
    assert "since 24.2.1" in caught.value.hint
    after = carried_out(cluster, wanted("me", fetching()))
    assert after.text(Setting.ISSUERS) == f'["{IDP}"]'


# others


@pytest.mark.parametrize("text", [OTHER, f'["{OTHER}"]'])
def test_issuers_whose_keys_others_pinned_are_named(text: str) -> None:
    with pytest.raises(GuardRefused, match=f"log in with tokens of {OTHER}"):
        planned(Cluster(with_texts({Setting.ISSUERS: text})), wanted("me", fetching()))


@pytest.mark.parametrize(
    ("issuers", "has_way_out"),
    [
        pytest.param(LiveSetting(Setting.ISSUERS.value, OTHER), True, id="it may become a map"),
        pytest.param(replace(OLD_NAME, text=OTHER), False, id="it can only be a list"),
    ],
)
def test_the_map_is_a_way_out_where_the_cluster_can_have_one(
    issuers: LiveSetting, *, has_way_out: bool
) -> None:
    cluster = Cluster({**with_texts({}), Setting.ISSUERS: issuers})
    with pytest.raises(GuardRefused) as caught:
        planned(cluster, wanted("me", fetching()))
    assert ("by hand as the map" in caught.value.hint) is has_way_out


def test_on_a_cluster_that_already_fetches_nobody_is_cut_off() -> None:
    texts = {Setting.ISSUERS: OTHER, Setting.AUTO_FETCH: "true"}
    after = carried_out(Cluster(with_texts(texts)), wanted("me", fetching()))
    assert set(entries(Setting.ISSUERS, after.text(Setting.ISSUERS))) == {OTHER, IDP}


ELSEWHERE, ESCAPED = "https://elsewhere.example.com/keys", r"\/"


def test_two_owners_that_fetch_from_two_places_have_to_agree() -> None:
    cluster = carried_out(Cluster(), wanted("shop/dev", fetching(ELSEWHERE)))

    with pytest.raises(GuardRefused) as caught:
        planned(cluster, wanted("me", fetching(AT)))

    assert f"fetched from {AT}, shop/dev from {ELSEWHERE}" in caught.value.what
    assert not planned(cluster, wanted("shop/dev", fetching(ELSEWHERE)))
    assert planned(cluster, wanted("me", fetching(ELSEWHERE)))
    assert planned(cluster, wanted("me", fetching()))


def test_a_uri_that_others_wrote_is_not_ignored() -> None:
    theirs = f'{{"issuer_jwks_map":{{"{IDP}":"{ELSEWHERE.replace("/", ESCAPED)}"}}}}'
    texts = {Setting.ISSUERS: theirs, Setting.IDENTITY_MAP: f"{IDP} s u"}

    with pytest.raises(GuardRefused) as caught:
        planned(Cluster(with_texts(texts)), wanted("me", fetching(AT)))

    assert f"has {ELSEWHERE}, written by somebody outside these stacks" in caught.value.what
    after = carried_out(Cluster(with_texts(texts)), wanted("me", fetching(ELSEWHERE)))
    assert after.text(Setting.ISSUERS) == theirs


# properties


@st.composite
def fetched_wishes(draw: st.DrawFn) -> Desired:
    logins = draw(wishes())
    uri = draw(st.booleans())
    sources = {
        name: replace(
            source,
            keys={},
            jwks_uri=source.jwks_uri if uri else "",
            ca=draw(st.sampled_from(["", A, f"{B}\n{A}"])),
        )
        for name, source in logins.sources.items()
    }
    return replace(logins, sources=sources, fetched=True)


bundles = st.sampled_from(["", f"# theirs\n{A}", f"{B}\r\n\n", "# only a note"])


def possible(cluster: Cluster, logins: Desired) -> bool:
    try:
        planned(cluster, wanted("me", logins))
    except GuardRefused:
        return False
    return True


@settings(max_examples=60)
@given(found_clusters(), bundles, st.sampled_from(["true", "false"]), fetched_wishes(), wishes())
def test_fetching_pinning_and_leaving_restores_what_was_found(
    found: Cluster, bundle: str, fetch: str, first: Desired, second: Desired
) -> None:
    texts = {Setting.CUSTOM_CA: bundle, Setting.AUTO_FETCH: fetch}
    live = {s: LiveSetting(s.value, text) for s, text in texts.items()}
    cluster = replace(found, settings={**found.settings, **live})
    assume(possible(cluster, first))
    now = brought_to(cluster, wanted("me", first))
    if possible(now, second):
        now = brought_to(now, wanted("me", second))
        assert not any(claim.entry.kind is Kind.CA for claim in now.claims)

    released = brought_to(now, wanted("me"))

    assert is_as_before(released, cluster)
    assert released.claims == ()


@given(st.lists(st.sampled_from("abc"), unique=True, min_size=1), st.sampled_from("abcd"))
def test_a_map_is_made_only_of_known_uris(names: list[str], known: str) -> None:
    text = "[" + ",".join(f'"{name}"' for name in names) + "]"
    put = {name: f"https://{name}" for name in names if name <= known}

    after = as_issuer_map(text, put)

    assert after.startswith("{") is (len(put) == len(names))
    assert set(entries(Setting.ISSUERS, after)) == set(names)
