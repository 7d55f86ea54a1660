"""Which checks there are, in which order, and what a client is told first: by version."""

import pytest

from crdb_sso.verdict import UserView
from tests.unit.verdict.logins import (
    ISSUER,
    JWT,
    MAP,
    NOW_S,
    PROVISIONING,
    cluster,
    names,
    token,
    told,
    verdict,
)

EVERYTHING_WRONG = {"iss": "x", "sub": "y", "aud": "z", "exp": 1}
TIMES = ["issued at", "expiry", "not before"]
PRINCIPAL = ["claim", "identity map", "login name"]
FETCH = JWT + "jwks_auto_fetch.enabled"
SYNC = JWT + "authorization.enabled"


@pytest.mark.parametrize("version", ["22.2", "23.1", "24.1", "25.2", "25.4", "26.2", "26.4"])
def test_a_good_login_passes_every_check(version):
    outcome = verdict(version=version)
    assert outcome.accepted
    assert all(check.passed for check in outcome.checks)
    assert (outcome.error, outcome.near_miss, outcome.fix, outcome.notes) == (None, "", "", ())


def test_at_first_form_signature_and_times_come_before_the_issuer():
    assert names(verdict(version="22.2")) == [
        *("user", "login privilege", "token sent", "token logins on", "token form"),
        *("key", "signature", *TIMES, "issuer", *PRINCIPAL, "reserved user", "audience"),
        "licence",
    ]


def test_from_24_1_to_25_3_the_issuer_comes_before_the_signature():
    expected = [
        *("user", "login privilege", "token sent", "token logins on", "token form", "issuer"),
        *("key", "signature", *TIMES, *PRINCIPAL, "reserved user", "audience"),
    ]
    assert names(verdict(version="25.2")) == expected
    assert names(verdict(version="24.1")) == [*expected, "licence"]


def test_from_25_4_on_the_principal_comes_before_user_and_signature():
    assert names(verdict(version="25.4")) == [
        *("token sent", "token logins on", "token form", *PRINCIPAL, "user", "login privilege"),
        *("issuer", "key", "signature", *TIMES, "reserved user", "audience"),
    ]


def test_a_user_that_the_cluster_makes_needs_issuer_and_signature_first():
    settings = {PROVISIONING: "true", FETCH: "true", SYNC: "true"}
    fetched = {ISSUER: cluster().settings[JWT + "jwks"]}
    outcome = verdict(
        token(sub="new", groups=["a"]), "new", "26.2", settings=settings, fetched=fetched
    )
    assert outcome.accepted
    assert names(outcome) == [
        *("token sent", "token logins on", "token form", *PRINCIPAL, "user", "issuer"),
        *("keys fetched", "key", "signature", "user made", "login privilege", *TIMES),
        *("reserved user", "audience", "groups"),
    ]
    assert "The login makes the user." in outcome.notes


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("22.2", "password authentication failed for user missing"),
        ("25.2", "password authentication failed for user missing"),
        ("25.4", "JWT authentication: invalid principal"),
    ],
)
def test_of_many_faults_the_first_in_order_is_told(version, message):
    outcome = verdict(token(**EVERYTHING_WRONG), "missing", version)
    assert told(outcome)[0] == message


def test_later_checks_are_looked_at_as_well():
    outcome = verdict(token(**EVERYTHING_WRONG), "kyle", "25.2")
    failed = [check.name for check in outcome.checks if check.passed is False]
    assert failed == ["issuer", "expiry", "login name", "audience"]


@pytest.mark.parametrize(
    ("version", "without", "message"),
    [
        pytest.param("23.1", (), "invalid token", id="23.1 that can't fetch"),
        pytest.param("23.1.17", (), "invalid issuer", id="23.1 that can"),
        pytest.param("23.2", (FETCH,), "invalid token", id="23.2 that can't"),
        pytest.param("24.1", (), "invalid issuer", id="24.1"),
    ],
)
def test_settings_tell_whether_a_patch_looks_at_the_issuer_first(version, without, message):
    outcome = verdict(token(iss="x", exp=1), version=version, without=without)
    assert told(outcome)[0] == f"JWT authentication: {message}"


@pytest.mark.parametrize(
    ("version", "note"),
    [
        ("26.9", "Version 26.9 is newer than this program knows: judged as 26.4."),
        ("99.1.2", "Version 99.1.2 is newer than this program knows: judged as 26.4."),
        ("soon", "The version 'soon' can't be read: judged as 26.4."),
    ],
)
def test_an_unknown_version_is_read_as_the_newest_and_that_is_said(version, note):
    outcome = verdict(version=version)
    assert outcome.accepted
    assert outcome.notes == (note,)
    assert names(outcome) == names(verdict(version="26.4"))


@pytest.mark.parametrize(
    ("version", "sqlstate"), [("25.2", "28P01"), ("25.4", "28000"), ("22.2", "28P01")]
)
def test_an_empty_password_is_told_like_a_missing_user(version, sqlstate):
    outcome = verdict("", version=version)
    assert told(outcome) == ("password authentication failed for user kyle", "", sqlstate)


def test_a_user_with_nologin_is_told_so():
    outcome = verdict(token(sub="shut"), "shut")
    assert told(outcome) == ("shut does not have login privilege", "", "28000")
    assert "ALTER USER shut LOGIN;" in outcome.fix


def test_an_expired_token_makes_its_user_nevertheless():
    settings = {PROVISIONING: "true"}
    outcome = verdict(token(sub="new", exp=NOW_S), "new", "25.4", settings=settings)
    assert told(outcome)[1] == 'unable to parse token: "exp" not satisfied'
    assert outcome.notes == (
        "The login fails, but makes the user: issuer and signature are enough for that.",
    )


def test_an_unsigned_token_makes_no_user():
    settings = {PROVISIONING: "true", JWT + "jwks": '{"keys":[]}'}
    outcome = verdict(token(sub="new"), "new", "25.4", settings=settings)
    assert outcome.notes == ()


@pytest.mark.parametrize(
    ("sub", "iss"), [("a@b", ISSUER), ("x" * 64, ISSUER), ("pg_x", ISSUER), ("new", None)]
)
def test_a_user_that_can_not_be_made_is_refused(sub, iss):
    settings = {PROVISIONING: "true", JWT + "issuers.configuration": f'["{ISSUER}",""]'}
    outcome = verdict(token(sub=sub, iss=iss), sub, "25.4", settings=settings)
    assert outcome.error is not None
    assert outcome.error.message == "JWT provisioning: ..."


@pytest.mark.parametrize("version", ["24.1", "25.2"])
def test_only_versions_before_24_3_ask_for_a_licence(version):
    outcome = verdict(version=version, licensed=False)
    assert outcome.accepted is (version == "25.2")
    if not outcome.accepted:
        assert told(outcome)[2] == "XXC02"
        assert outcome.near_miss == "every other check passes"


@pytest.mark.parametrize(
    ("claims", "accepted", "message"),
    [
        ({"groups": ["Readers", " ops "]}, True, ""),
        ({"groups": "readers,ops"}, True, ""),
        ({"groups": []}, False, "JWT authorization: empty group list"),
        ({"groups": " , "}, False, "JWT authorization: empty group list"),
    ],
)
def test_groups_become_roles_or_end_the_login(claims, accepted, message):
    users = {"kyle": UserView(roles=frozenset({"ops", "writers"}))}
    outcome = verdict(token(**claims), version="25.4", settings={SYNC: "true"}, users=users)
    assert outcome.accepted is accepted
    if accepted:
        assert outcome.notes == (
            "After the login the user is a member of what exists of: readers, ops.",
            "The login revokes: writers.",
        )
    else:
        assert told(outcome)[0] == message


@pytest.mark.parametrize("setting", ["roles,groups", " x , groups "])
def test_the_first_name_that_the_token_has_counts_for_groups(setting):
    settings = {SYNC: "true", JWT + "group_claim": setting}
    outcome = verdict(token(groups=["ops"]), version="25.4", settings=settings)
    assert outcome.accepted


@pytest.mark.parametrize("claims", [{}, {"groups": {"a": 1}}, {"groups": 7}])
def test_groups_that_only_the_issuer_knows_leave_the_login_undecided(claims):
    outcome = verdict(token(**claims), version="25.4", settings={SYNC: "true"})
    assert outcome.is_undecided
    assert not outcome.accepted
    assert outcome.error is None


def test_an_admin_by_group_is_noted():
    outcome = verdict(token(groups=["admin"]), version="25.4", settings={SYNC: "true"})
    assert "The group admin makes the user an admin of the cluster." in outcome.notes


def test_a_text_that_is_not_a_token_leaves_the_rest_unknown():
    settings = {PROVISIONING: "true", SYNC: "true", FETCH: "true"}
    outcome = verdict("hunter2", "new", "26.2", settings=settings)
    unknown = [check.name for check in outcome.checks if check.passed is None]
    assert unknown == [
        *("claim", "identity map", "login name", "issuer", "keys fetched", "key", "signature"),
        *("user made", *TIMES, "audience", "groups"),
    ]
    assert outcome.notes == ()


def test_a_hidden_identity_map_leaves_the_login_undecided():
    outcome = verdict(settings={MAP: "<redacted>"})
    assert outcome.is_undecided
    mapping = next(check for check in outcome.checks if check.name == "identity map")
    assert mapping.seen == "the identity map is hidden from this operator"
