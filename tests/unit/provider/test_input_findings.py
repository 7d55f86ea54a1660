"""What the inputs of a stack alone bring, for policy packs that see no cluster."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from datetime import datetime, timezone
from functools import reduce
from operator import getitem
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import UNKNOWN

from crdb_sso.errors import InvalidInput
from crdb_sso.provider.checking import problems
from crdb_sso.provider.input_findings import TYPE_TOKEN, input_findings
from crdb_sso.verdict.findings import RULES
from tests.unit.engine_inputs import IDP, WISH, with_value
from tests.unit.named_keys import ec_key, ed_key
from tests.unit.standard_certificates import CA

NOW = datetime(2026, 11, 26, tzinfo=timezone.utc)
SHORTLY_BEFORE_THE_CA_ENDS = datetime(2125, 12, 20, tzinfo=timezone.utc)
GOOGLE = "https://accounts.google.com"
GITHUB = "https://token.actions.githubusercontent.com"


def identity(source: str, subject: str, audience: str = "crdb") -> dict[str, Any]:
    return {"source": source, "audience": audience, "subject": subject}


def wish(
    sources: Mapping[str, Any], *identities: Mapping[str, Any], **options: Any
) -> dict[str, Any]:
    """Return inputs with one login, app, of some identities; and `roles` of that login."""
    roles = {"roles": options.pop("roles")} if "roles" in options else {}
    login = {"identities": {f"i{n}": one for n, one in enumerate(identities)}, **roles}
    return {**WISH, "sources": sources, "logins": {"app": login}, **options}


def pinned(issuer: str, key: str) -> dict[str, Any]:
    return {"issuer": issuer, "keys": {key[-9:]: key}}


IDP_SOURCE = {"issuer": IDP, "keys": {"k1": ec_key("k1")}}
OTHER_SOURCE = {"issuer": "https://other.example.com", "keys": {"k2": ed_key("k2")}}
TWO = {"idp": IDP_SOURCE, "other": OTHER_SOURCE}

BRINGS = [
    pytest.param(
        "CRDB-SSO-001",
        "The pinned keys of 2 issuers are one list",
        wish(TWO, identity("idp", "o-1")),
        id="keys of two issuers",
    ),
    pytest.param(
        "CRDB-SSO-002",
        "The audience api is that of tokens for other services",
        wish({"idp": IDP_SOURCE}, identity("idp", "o-1", "api")),
        id="a generic audience",
    ),
    pytest.param(
        "CRDB-SSO-003",
        f"A line of the identity map ({GOOGLE} /^[0-9]+$ app) lets in everybody who has an"
        " account at Google.",
        wish({"google": {"issuer": GOOGLE}}, identity("google", "/^[0-9]+$")),
        id="a pattern for everybody",
    ),
    pytest.param(
        "CRDB-SSO-004",
        "app is opened by the tokens of 2 issuers",
        wish(TWO, identity("idp", "o-1"), identity("other", "o-1")),
        id="two issuers, one user",
    ),
    pytest.param(
        "CRDB-SSO-005",
        f"o-1 of {IDP} logs in as app (member of admin)",
        wish({"idp": IDP_SOURCE}, identity("idp", "o-1"), roles={"admin": True}),
        id="an admin",
    ),
    pytest.param(
        "CRDB-SSO-006",
        "Logins are mapped by the claim 'email' of 2 issuers",
        wish(TWO, identity("idp", "a@example.com"), claim="email"),
        id="a claim of two issuers",
    ),
    pytest.param(
        "CRDB-SSO-007",
        "CockroachDB accepts tokens without `exp`",
        wish({"idp": IDP_SOURCE}, identity("idp", "o-1")),
        id="any issuer",
    ),
    pytest.param(
        "CRDB-SSO-008",
        f"{GOOGLE} (Google) has no line in the identity map",
        wish({"google": {"issuer": GOOGLE, "audience": "crdb", "subject_is_username": True}}),
        id="subjects of a public issuer as user names",
    ),
    pytest.param(
        "CRDB-SSO-009",
        "knows a repository by its",
        wish(
            {"github": {"issuer": GITHUB}},
            identity("github", "repo:acme/orders:ref:refs/heads/main"),
        ),
        id="a repository by its name",
    ),
    pytest.param(
        "CRDB-SSO-012",
        "ends on 2126-01-01",
        wish({"idp": {"issuer": IDP, "ca": CA}}, identity("idp", "o-1"), mode="fetched"),
        id="a CA that ends soon",
    ),
    pytest.param(
        "CRDB-SSO-013",
        f"Case does not count in the identity map: O-1 of {IDP} logs in as app too",
        {
            **WISH,
            "sources": {"idp": IDP_SOURCE},
            "logins": {
                "app": {"identities": {"a": identity("idp", "o-1")}},
                "billing": {"identities": {"a": identity("idp", "O-1")}},
            },
        },
        id="subjects that differ in case",
    ),
    pytest.param(
        "CRDB-SSO-014",
        "Group sync is on",
        wish({"idp": IDP_SOURCE}, identity("idp", "o-1"), group_sync={"allow_privileged": True}),
        id="group sync",
    ),
]
"""The id, a part of the sentence, and the inputs."""

NEED_A_CLUSTER = {"CRDB-SSO-010", "CRDB-SSO-011", "CRDB-SSO-015"}
"""Rules of others on a cluster, keys that no stack may give, and what nobody has claimed."""


def sentences(props: Mapping[str, Any], now: datetime = NOW) -> dict[str, str]:
    return {one.id: one.sentence for one in input_findings(props, now)}


@pytest.mark.parametrize(("id_", "words", "props"), BRINGS)
def test_inputs_bring_a_finding(id_: str, words: str, props: dict[str, Any]) -> None:
    assert list(problems(props)) == []
    now = SHORTLY_BEFORE_THE_CA_ENDS if id_ == "CRDB-SSO-012" else NOW

    assert words in sentences(props, now).get(id_, "nothing")


@pytest.mark.parametrize(("id_", "_words", "props"), BRINGS)
def test_what_the_stack_accepts_is_not_found(id_: str, _words: str, props: dict[str, Any]) -> None:
    accepting = {**props, "accept": {id_: "we know"}}

    assert id_ not in sentences(accepting, SHORTLY_BEFORE_THE_CA_ENDS)


def test_the_rest_needs_a_cluster() -> None:
    told = {case.values[0] for case in BRINGS}

    assert {rule.id for rule in RULES} - told == NEED_A_CLUSTER


def test_an_ordinary_stack_brings_no_more_than_what_is_true_of_every_issuer() -> None:
    assert set(sentences(WISH)) == {"CRDB-SSO-007"}


def test_a_stack_without_logins_brings_nothing() -> None:
    assert sentences({**WISH, "sources": {}, "logins": {}}) == {}


def test_an_admin_that_the_program_allows_is_found_until_it_is_accepted() -> None:
    props = wish({"idp": IDP_SOURCE}, identity("idp", "o-1"), roles={"admin": True})
    props["logins"]["app"]["allow_privileged"] = True

    assert "CRDB-SSO-005" in sentences(props)


def test_a_secret_is_not_shown() -> None:
    props = wish(
        {"google": {"issuer": GOOGLE}},
        identity("google", "/^1[0-9]+$"),
        identity("google", "/^[0-9]+$"),
    ) | {"secret_inputs": ["/logins/app/identities/i0/subject"]}

    told = [one.sentence for one in input_findings(props, NOW) if one.id == "CRDB-SSO-003"]

    assert [("[secret]" in one, "/^1" in one) for one in told] == [(True, False), (False, False)]


# what is not known yet


@pytest.mark.parametrize(
    ("path", "left"),
    [
        pytest.param("sources google issuer", {"CRDB-SSO-007"}, id="the issuer of the pattern"),
        pytest.param(
            "logins app identities i0 subject",
            {"CRDB-SSO-001", "CRDB-SSO-007"},
            id="the subject",
        ),
        pytest.param(
            "logins app identities i0 audience",
            {"CRDB-SSO-001", "CRDB-SSO-003", "CRDB-SSO-007"},
            id="the audience",
        ),
        pytest.param("sources idp keys", {"CRDB-SSO-003", "CRDB-SSO-007"}, id="the keys"),
        pytest.param("cluster_url", {"CRDB-SSO-001", "CRDB-SSO-003", "CRDB-SSO-007"}, id="the URL"),
        pytest.param("sources", set(), id="all sources"),
        pytest.param("accept", set(), id="what is accepted"),
    ],
)
def test_what_is_not_known_yet_counts_as_absent(path: str, left: set[str]) -> None:
    sources = {"google": {"issuer": GOOGLE}, "idp": IDP_SOURCE}
    props = deepcopy(wish(sources, identity("google", "/^[0-9]+$")))

    assert set(sentences(changed(props, path.split()))) == left


def test_a_reason_that_is_not_known_yet_accepts() -> None:
    props = with_value("accept", {"CRDB-SSO-007": UNKNOWN})

    assert sentences(props) == {}


def changed(props: dict[str, Any], path: list[str]) -> dict[str, Any]:
    """Make one value of some inputs unknown."""
    *steps, last = path
    bag = props
    for step in steps:
        bag = bag[step]
    bag[last] = UNKNOWN
    return props


def paths(value: object, *above: str) -> Iterator[list[str]]:
    """Yield the path of every value below a map."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield [*above, name]
            yield from paths(inner, *above, name)


@given(st.data(), st.sampled_from(BRINGS))
def test_no_unknown_value_stops_it(data: st.DataObject, case: Any) -> None:
    props = deepcopy(dict(case.values[2]))
    for _ in range(data.draw(st.integers(1, 3))):
        props = changed(props, data.draw(st.sampled_from(list(paths(props)))))

    assert set(sentences(props)) <= {rule.id for rule in RULES}


# what no component makes


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("logins app identities i0 source", [], 'logins["app"].identities["i0"].source'),
        ("logins app identities i0 subject", "", 'logins["app"].identities["i0"].subject'),
        ("logins app identities i0 subject", None, 'logins["app"].identities["i0"].subject'),
        ("logins app identities", [], 'logins["app"].identities'),
        ("sources google", 7, "sources.google"),
    ],
)
def test_inputs_that_can_not_be_judged_say_where_they_are_wrong(
    path: str, value: object, where: str
) -> None:
    props = deepcopy(wish({"google": {"issuer": GOOGLE}}, identity("google", "/^[0-9]+$")))
    *steps, last = path.split()
    reduce(getitem, steps, props)[last] = value

    with pytest.raises(InvalidInput, match=r"^the inputs can't be judged: ") as raised:
        input_findings(props, NOW)

    assert f"judged: `{where}" in str(raised.value)


@given(
    st.data(),
    st.sampled_from(BRINGS),
    st.sampled_from(["", None, 7, [], [UNKNOWN], {}, {"a": [UNKNOWN]}, "\0", "#", True, UNKNOWN]),
)
def test_any_inputs_are_judged_or_refused(data: st.DataObject, case: Any, value: object) -> None:
    props = deepcopy(dict(case.values[2]))
    for _ in range(data.draw(st.integers(1, 3))):
        *steps, last = data.draw(st.sampled_from(list(paths(props))))
        reduce(getitem, steps, props)[last] = deepcopy(value)

    with suppress(InvalidInput):
        assert set(sentences(props)) <= {rule.id for rule in RULES}


def test_the_type_of_the_resource_is_frozen() -> None:
    assert TYPE_TOKEN == "pulumi-python:dynamic/crdb-sso:ClusterLogins"
