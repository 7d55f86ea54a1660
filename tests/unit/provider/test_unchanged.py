"""A key whose text changed, but not its meaning, has not changed."""

import json
from typing import Any

from pulumi.output import Unknown

from crdb_sso.plan.drift import ObservedSource
from crdb_sso.provider.cluster_logins import ClusterLoginsProvider
from crdb_sso.provider.inputs import SOURCE
from crdb_sso.provider.reading import read_desired
from crdb_sso.provider.rows import written
from crdb_sso.provider.unchanged import with_old_key_texts
from tests.unit.engine_inputs import with_value
from tests.unit.named_keys import ec_key, ed_key
from tests.unit.standard_keys import EC, SECRET

WIDE = json.dumps({**EC, "kid": "k1", "x5t": "a"}, indent=1)


def given(**keys: object) -> dict[str, Any]:
    return with_value("sources idp keys", keys)


def test_the_old_text_of_the_same_key_stays() -> None:
    assert with_old_key_texts(given(k1=ec_key("k1")), given(k1=WIDE)) == given(k1=WIDE)


def test_the_new_text_counts_for_another_key_and_for_other_algorithms() -> None:
    other, narrow = ed_key("k1"), json.dumps({**EC, "kid": "k1", "alg": "ES256"})

    assert with_old_key_texts(given(k1=other), given(k1=WIDE)) == given(k1=other)
    assert with_old_key_texts(given(k1=narrow), given(k1=WIDE)) == given(k1=narrow)


def test_an_old_text_with_a_private_member_does_not_stay() -> None:
    exposed = json.dumps({**EC, "kid": "k1", "more": {"d": SECRET}})

    assert with_old_key_texts(given(k1=ec_key("k1")), given(k1=exposed)) == given(k1=ec_key("k1"))


def test_what_is_not_known_and_what_is_new_stays_as_it_is() -> None:
    new = given(k2=ec_key("k2"))
    before: list[dict[str, Any]] = [{}, {"sources": Unknown()}, {"sources": {}}, given(k1=WIDE)]
    for olds in (*before, given(k2=Unknown())):
        assert with_old_key_texts(new, olds) == new
    for news in ({"sources": Unknown()}, {}, given(k1=Unknown()), {"sources": {"idp": 7}}):
        assert with_old_key_texts(news, given(k1=WIDE)) == news


def test_a_cluster_gets_the_canonical_text_and_a_refresh_leaves_the_old_one() -> None:
    (source,) = read_desired(given(k1=WIDE)).sources.values()
    assert source.keys == {"k1": ec_key("k1")}

    bag = given(k1=WIDE, k2=WIDE)["sources"]["idp"]
    seen = written(SOURCE, bag, ObservedSource({"k1": ec_key("k1"), "k2": ed_key("k2")}))

    assert seen["keys"] == {"k1": WIDE, "k2": ed_key("k2")}


def test_a_stack_whose_state_holds_another_text_of_a_key_shows_no_change() -> None:
    provider, olds = ClusterLoginsProvider(), {**given(k1=WIDE), "instance": "uuid"}

    checked = provider.check(olds, given(k1=ec_key("k1")))

    assert checked.failures == []
    assert not provider.diff("id", olds, checked.inputs).changes
