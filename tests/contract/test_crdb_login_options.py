"""How a client asks for a JWT login, and what happens to one that does not."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.contract.cluster import JWT_OPTION
from tests.contract.expectations import holds
from tests.contract.raw_login import CLEARTEXT_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.cluster import Cluster
    from tests.contract.sso import Sso
    from tests.contract.temporary_users import Users

pytestmark = holds(since="24.3", before="25.4")

TRUE = ["1", "t", "T", "true", "TRUE", "True"]
FALSE = ["0", "f", "F", "false", "FALSE", "False"]


@pytest.mark.parametrize(
    "options",
    [
        *[pytest.param(f"--crdb:jwt_auth_enabled={word}", id=f"value {word}") for word in TRUE],
        pytest.param("-c crdb:jwt_auth_enabled=true", id="-c with a blank"),
        pytest.param("-ccrdb:jwt_auth_enabled=true", id="-c without a blank"),
        pytest.param("--CRDB:JWT_Auth_Enabled=true", id="the key in another letter case"),
        pytest.param("--crdb:jwt-auth-enabled=true", id="dashes inside the key"),
        pytest.param("--crdb%3Ajwt_auth_enabled%3Dtrue", id="URL escapes"),
        pytest.param("-c+crdb:jwt_auth_enabled=true", id="a plus sign is a blank"),
        pytest.param("  --crdb:jwt_auth_enabled=true  ", id="blanks around"),
        pytest.param("-ccluster=system --crdb:jwt_auth_enabled=true", id="behind a cluster's name"),
    ],
)
def test_these_options_ask_for_a_jwt_login(cluster: Cluster, sso: Sso, options: str) -> None:
    sso.trust()
    with cluster.connect(sso.person, sso.token(), options) as db:
        assert db.execute("SELECT current_user").fetchone() == (sso.person,)


@pytest.mark.parametrize("word", FALSE)
def test_a_false_option_means_an_ordinary_login(
    cluster: Cluster, sso: Sso, users: Users, word: str
) -> None:
    sso.trust()
    password = secrets.token_urlsafe(12)
    user = users.create(f"WITH PASSWORD '{password}'")
    options = f"--crdb:jwt_auth_enabled={word}"
    with cluster.connect(user, password, options) as db:
        assert db.execute("SELECT current_user").fetchone() == (user,)
    refused = f"password authentication failed for user {user}"
    with pytest.raises(psycopg.OperationalError, match=refused):
        cluster.connect(user, sso.token(sub=user), options)


@pytest.mark.parametrize("word", ["on", "yes", "tRUE", "2", ""])
def test_a_value_that_is_not_a_boolean_to_go_is_refused(
    cluster: Cluster, sso: Sso, word: str
) -> None:
    sso.trust()
    answer = cluster.knock(sso.person, sso.token(), f"--crdb:jwt_auth_enabled={word}")
    assert answer.message == (
        f'crdb:jwt_auth_enabled: strconv.ParseBool: parsing "{word}": invalid syntax'
    )
    assert answer.sqlstate == "22023"
    assert answer.asked is None


@pytest.mark.parametrize(
    ("options", "error"),
    [
        pytest.param("x", "option \"x\" is invalid, must have prefix '-c' or '--'", id="no prefix"),
        pytest.param(
            "crdb:jwt_auth_enabled=true",
            "option \"crdb:jwt_auth_enabled=true\" is invalid, must have prefix '-c' or '--'",
            id="the option without its dashes",
        ),
        pytest.param("-c a=b=c", "option \"a=b=c\" is invalid, check '='", id="two equals signs"),
        pytest.param(
            "--a=b=c", "option \"--a=b=c\" is invalid, check '='", id="and the prefix is shown"
        ),
        pytest.param("-c a", "option \"a\" is invalid, check '='", id="no equals sign"),
    ],
)
def test_options_that_do_not_parse_are_refused(
    cluster: Cluster, sso: Sso, options: str, error: str
) -> None:
    sso.trust()
    answer = cluster.knock(sso.person, sso.token(), options)
    assert (answer.sqlstate, answer.message) == ("08P01", error)


def test_a_start_up_parameter_of_that_name_is_ignored(
    cluster: Cluster, sso: Sso, users: Users
) -> None:
    sso.trust()
    user = users.create("WITH PASSWORD NULL")
    parameter = {"crdb:jwt_auth_enabled": "true"}
    answer = cluster.knock(user, sso.token(sub=user), "", parameters=parameter)
    assert not answer.admitted
    assert answer.message in {None, f"password authentication failed for user {user}"}


def test_without_the_option_a_token_is_a_wrong_password(
    cluster: Cluster, sso: Sso, users: Users
) -> None:
    sso.trust()
    user = users.create(f"WITH PASSWORD '{secrets.token_urlsafe(12)}'")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed for user"):
        cluster.connect(user, sso.token(sub=user))


def test_with_the_option_a_password_is_a_malformed_token(
    cluster: Cluster, sso: Sso, users: Users
) -> None:
    sso.trust()
    password = secrets.token_urlsafe(12)
    user = users.create(f"WITH PASSWORD '{password}'")
    answer = cluster.knock(user, password)
    assert (answer.sqlstate, answer.message) == ("28000", "JWT authentication: invalid token")


def test_the_token_is_asked_for_as_a_cleartext_password(cluster: Cluster, sso: Sso) -> None:
    sso.trust()
    answer = cluster.knock(sso.person, sso.token())
    assert answer.admitted
    assert answer.asked == CLEARTEXT_PASSWORD


@pytest.mark.parametrize("spelled", [str.upper, str.title], ids=["upper case", "mixed case"])
def test_the_user_of_the_login_is_normalised(
    cluster: Cluster, sso: Sso, spelled: Callable[[str], str]
) -> None:
    sso.trust()
    with cluster.connect_with_token(spelled(sso.person), sso.token()) as db:
        assert db.execute("SELECT current_user").fetchone() == (sso.person,)


def test_a_client_certificate_of_somebody_else_is_ignored(cluster: Cluster, sso: Sso) -> None:
    shown = {k: v for k, v in cluster.operator_params.items() if k in ("sslcert", "sslkey")}
    if len(shown) != 2:
        pytest.skip("the operator's URL has no client certificate to show")
    sso.trust()
    with cluster.connect_with_token(sso.person, sso.token(), **shown, sslcertmode="require") as db:
        assert db.execute("SELECT current_user").fetchone() == (sso.person,)


def test_tls_is_required(cluster: Cluster, sso: Sso) -> None:
    sso.trust()
    answer = cluster.knock(sso.person, sso.token(), tls=False)
    assert (answer.sqlstate, answer.message) == (
        "08P01",
        "node is running secure mode, SSL connection required",
    )
    assert answer.asked is None


@pytest.mark.parametrize(
    "options",
    ["VALID UNTIL '2001-01-01'", "WITH PASSWORD NULL", "CREATEROLE"],
    ids=["password out of date", "no password", "an option"],
)
def test_password_rules_do_not_apply_to_tokens(
    cluster: Cluster, sso: Sso, users: Users, options: str
) -> None:
    sso.trust()
    user = users.create(options)
    with cluster.connect_with_token(user, sso.token(sub=user)) as db:
        assert db.execute("SELECT current_user").fetchone() == (user,)


def test_a_user_made_just_now_may_log_in(cluster: Cluster, sso: Sso, users: Users) -> None:
    sso.trust()
    user = users.create()
    with cluster.connect(user, sso.token(sub=user), JWT_OPTION) as db:
        assert db.execute("SELECT current_user").fetchone() == (user,)
