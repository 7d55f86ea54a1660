"""What check() says about the inputs: each problem is at the input that has to change."""

import json

import pytest
from pulumi.output import Unknown

from crdb_sso.provider.checking import problems
from crdb_sso.provider.property_types import Problem
from tests.unit.engine_inputs import SECRET, WISH, with_value
from tests.unit.named_keys import ec_key, ed_key
from tests.unit.standard_keys import OCT


def test_a_good_wish_has_no_problems() -> None:
    assert problems(WISH) == []


@pytest.mark.parametrize(
    "path",
    [
        "cluster_url",
        "owner",
        "mode",
        "enabled",
        "registry_database",
        "sources",
        "sources idp",
        "sources idp issuer",
        "sources idp jwks_uri",
        "sources idp keys",
        "sources idp keys k1",
        "logins",
        "logins app",
        "logins app identities",
        "logins app identities orders",
        "logins app identities orders source",
        "logins app identities orders audience",
        "logins app identities orders subject",
        "logins app roles",
        "logins app roles readers",
        "logins app login",
        "logins app on_delete",
    ],
)
def test_unknown_values_count_as_good(path: str) -> None:
    assert problems(with_value(path, Unknown())) == []


IDENTITY = 'logins["app"].identities["orders"]'


@pytest.mark.parametrize(
    ("path", "value", "at", "reason"),
    [
        pytest.param("cluster_url", "db:26257", "", "not a postgresql:// URL", id="no URL"),
        pytest.param("cluster_url", None, "", "not a postgresql:// URL", id="URL missing"),
        pytest.param("owner", "", "owner", "the owner is empty", id="no owner"),
        pytest.param("mode", "stored", "mode", "neither `pinned` nor `fetched`", id="another mode"),
        pytest.param("registry_database", "a b", "registry_database", "not a legal", id="database"),
        pytest.param(
            "registry_database", None, "registry_database", "not a legal", id="no database"
        ),
        pytest.param(
            "logins app on_delete",
            "keep",
            'logins["app"].on_delete',
            "neither `drop` nor `disable`",
            id="an unknown on_delete",
        ),
        pytest.param(
            "sso_only",
            {"ops all": "trust"},
            'sso_only["ops all"]',
            "not a supported method",
            id="door",
        ),
        pytest.param("sources idp issuer", "a b", "sources.idp.issuer", "contains ' '", id="iss"),
        pytest.param("sources idp issuer", None, "sources.idp.issuer", "is empty", id="no issuer"),
        pytest.param(
            "sources idp issuer", 7.0, "sources.idp.issuer", "it is not a string", id="number"
        ),
        pytest.param(
            "sources idp jwks_uri", [], "sources.idp.jwks_uri", "it is not a string", id="a list"
        ),
        pytest.param(
            "sources idp keys k1", "{}", 'sources.idp.keys["k1"]', "neither a JWKS", id="no key"
        ),
        pytest.param(
            "sources idp keys",
            {"k2": ec_key("k1")},
            'sources.idp.keys["k2"]',
            "it is not one JWK with the kid 'k2'",
            id="another kid",
        ),
        pytest.param(
            "sources idp keys k1",
            f'{{"keys":[{ec_key("k1")}]}}',
            'sources.idp.keys["k1"]',
            "it is not one JWK with the kid 'k1'",
            id="a set for a key",
        ),
        pytest.param("enabled", "yes", "enabled", "neither true nor false", id="a switch of text"),
        pytest.param("sources", [], "sources", "it is not a map", id="a list of sources"),
        pytest.param("sources idp", "https://i", "sources.idp", "it is not a map", id="a text"),
        pytest.param("sources idp keys", [1], "sources.idp.keys", "it is not a map", id="keys"),
        pytest.param("logins app", True, 'logins["app"]', "it is not a map", id="a login"),
        pytest.param(
            "logins app roles", "readers", 'logins["app"].roles', "it is not a map", id="roles"
        ),
        pytest.param("leftovers", "key k1", "leftovers", "not a list of strings", id="leftovers"),
        pytest.param("logins", {"root": {}}, 'logins["root"]', "too powerful", id="root"),
        pytest.param(
            "logins", {"A b": {}}, 'logins["A b"]', "not a legal SQL user", id="user name"
        ),
        pytest.param(
            "logins app roles", {"A": True}, 'logins["app"].roles["A"]', "not as Cock", id="a role"
        ),
        pytest.param(
            "logins app identities orders source",
            "google",
            f"{IDENTITY}.source",
            "there is no source 'google'",
            id="no such source",
        ),
        pytest.param(
            "logins app identities orders audience",
            "",
            f"{IDENTITY}.audience",
            "Give the `aud` that the workload",
            id="no audience",
        ),
        pytest.param(
            "logins app identities orders audience",
            618104708054.0,
            f"{IDENTITY}.audience",
            "it is not a string: put it in quotes",
            id="a project number",
        ),
        pytest.param(
            "logins app identities orders subject",
            "my app",
            f"{IDENTITY}.subject",
            r"/^my\x20app$",
            id="a blank in the subject",
        ),
        pytest.param(
            "logins app identities orders subject",
            "/^([9-0]*)$",
            f"{IDENTITY}.subject",
            "CockroachDB would not take the regular expression '/^([9-0]*)$': invalid character",
            id="a regular expression that no cluster takes",
        ),
        pytest.param(
            "logins app identities orders subject",
            r"/^foo\Q$",
            f"{IDENTITY}.subject",
            "is not anchored",
            id="a regular expression that only seems anchored",
        ),
        pytest.param(
            "logins app identities orders subject",
            1.1e20,
            f"{IDENTITY}.subject",
            "it is not a string: put it in quotes",
            id="a subject of digits",
        ),
    ],
)
def test_a_problem_is_at_the_input_that_has_to_change(
    path: str, value: object, at: str, reason: str
) -> None:
    (problem,) = problems(with_value(path, value))

    assert problem.path == at
    assert reason in problem.reason
    assert SECRET not in problem.reason


def test_a_subject_with_a_nul_has_a_problem() -> None:
    found = problems(with_value("logins app identities orders subject", "a\0b"))

    assert {problem.path for problem in found} == {f"{IDENTITY}.subject"}
    assert any("has a NUL" in problem.reason for problem in found)


def test_an_empty_identity_has_a_problem_at_each_part() -> None:
    found = problems(with_value("logins app identities orders", {}))

    assert {problem.path for problem in found} == {
        f"{IDENTITY}.source",
        f"{IDENTITY}.audience",
        f"{IDENTITY}.subject",
    }


def test_a_symmetric_key_is_refused_and_not_shown() -> None:
    (problem,) = problems(with_value("sources idp keys", {"s1": json.dumps(OCT)}))
    assert "it is symmetric (oct)" in problem.reason
    assert OCT["k"] not in problem.reason


def test_a_kid_means_the_same_key_in_all_sources() -> None:
    two = with_value("sources google", {"issuer": "https://google", "keys": {"k1": ed_key("k1")}})

    assert problems(two) == [
        Problem(
            'sources.idp.keys["k1"]',
            "the kid 'k1' names one key in google and another in idp: a cluster uses only"
            " the first. Let one issuer publish its key under another kid.",
        )
    ]


@pytest.mark.parametrize("key", [ec_key("k1"), Unknown()])
def test_two_sources_may_share_a_key(key: object) -> None:
    assert problems(with_value("sources again", {"issuer": "https://i", "keys": {"k1": key}})) == []


NUL = "a\0b"


@pytest.mark.parametrize(
    ("path", "value", "at"),
    [
        pytest.param("owner", NUL, "owner", id="owner"),
        pytest.param("claim", NUL, "claim", id="claim"),
        pytest.param("group_sync", {"group_claim": NUL}, "group_sync.group_claim", id="group"),
        pytest.param("sources idp issuer", NUL, "sources.idp.issuer", id="issuer"),
        pytest.param("sources idp jwks_uri", NUL, "sources.idp.jwks_uri", id="jwks_uri"),
        pytest.param("sources idp audience", NUL, "sources.idp.audience", id="audience of all"),
        pytest.param("sources idp keys", {NUL: "{}"}, f'sources.idp.keys["{NUL}"]', id="kid"),
        pytest.param("logins", {NUL: {}}, f'logins["{NUL}"]', id="user"),
        pytest.param("logins app roles", {NUL: True}, f'logins["app"].roles["{NUL}"]', id="role"),
        pytest.param(
            "logins app identities orders audience", NUL, f"{IDENTITY}.audience", id="audience"
        ),
        pytest.param(
            "logins app identities orders subject", NUL, f"{IDENTITY}.subject", id="subject"
        ),
    ],
)
@pytest.mark.parametrize("odd", ["\0", "\ud800"])
def test_text_that_no_cluster_can_store_is_a_problem_at_its_input(
    path: str, value: object, at: str, odd: str
) -> None:
    given = json.loads(json.dumps(value).replace("\\u0000", json.dumps(odd)[1:-1]))

    found = problems(with_value(path, given))

    assert at.replace("\0", odd) in [problem.path for problem in found]
    assert all(text.isprintable() for one in found for text in one.reason.splitlines())
