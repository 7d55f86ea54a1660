"""Bad arguments of components end the program with one plain error."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest

from components import OidcIssuer
from tests.components.mockrun import run
from tests.components.programs import JWK_TEXT, PASSWORD, facts, issuer, run_sso, sso, unknown
from tests.unit.named_keys import ed_key


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param(
            {"keys": "stored"}, "keys='stored' is neither 'pinned' nor 'fetched'", id="keys"
        ),
        pytest.param(
            {"login": {}},
            "unknown key 'login' in ClusterSso\n  Next step: Did you mean 'logins'?",
            id="misspelt",
        ),
        pytest.param({"logins": ["a"]}, "`logins` is not a dict", id="logins as list"),
        pytest.param(
            {"cluster_url": "db.example.com"}, "cluster_url is not a postgresql:// URL", id="no URL"
        ),
        pytest.param({"cluster_url": "postgresql:///x"}, "cluster_url has no host", id="no host"),
        pytest.param(
            {"cluster_url": f"postgresql://ops:{PASSWORD}%@db/x"},
            "cluster_url can't be read by libpq",
            id="password not escaped",
        ),
        pytest.param(
            {"cluster_url": "postgresql://%2Ftmp/x"},
            "cluster_url has a host that is not a host name or address",
            id="a socket",
        ),
        pytest.param(
            {"cluster_url": "postgresql://a,b,c/x?port=1,2"},
            "cluster_url has 3 hosts, but 2 ports",
            id="two ports for three hosts",
        ),
        pytest.param(
            {"connect_host": "db:26257"}, "connect_host 'db:26257' is not a host", id="host:port"
        ),
        pytest.param(
            {"connect_host": "u@db"}, "connect_host 'u@db' is not a host name", id="user@host"
        ),
        pytest.param({"connect_port": 70000}, "'70000' is not a port", id="port too large"),
        pytest.param({"connect_port": "x"}, "'x' is not a port", id="port is a text"),
        pytest.param(
            {"connect_port": -1, "connect_host": "db"}, "'-1' is not a port", id="negative"
        ),
    ],
)
def test_a_bad_argument_ends_the_program_with_a_plain_error(
    args: dict[str, Any], message: str
) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        run_sso(**{"logins": None, **args})
    assert str(caught.value).startswith(f"ClusterSso 'sso': {message}")
    assert "\n  Next step: " in str(caught.value)
    assert "hunter2" not in str(caught.value)


BAD_LOGINS = [
    pytest.param({5: {}}, "the name of a login is not plain text: 5", id="number as user"),
    pytest.param({"app": []}, "login 'app' is not a dict", id="login is a list"),
    pytest.param({"app": {}}, "login 'app' needs 'identities'", id="no identities at all"),
    pytest.param(
        {"app": {"identities": []}}, "login 'app' has no identity, so nobody", id="no identity"
    ),
    pytest.param(
        {"app": {"identities": facts()}}, "`identities` of login 'app' is not a list", id="no list"
    ),
    pytest.param(
        {"app": {"identities": ["batch"]}},
        "an identity of login 'app' is not a dict of facts",
        id="a subject instead of facts",
    ),
    pytest.param(
        {"app": {"identities": [{**facts(), "isuer": ""}]}},
        "unknown key 'isuer' in an identity of login 'app'\n  Next step: Did you mean 'issuer'?",
        id="facts misspelt",
    ),
    pytest.param(
        {"app": {"identities": [facts()], "role": "reader"}},
        "unknown key 'role' in login 'app'\n  Next step: Did you mean 'roles'?",
        id="a key that reads like a demand",
    ),
    pytest.param(
        {"app": {"identities": [{**facts(), "zzz": ""}]}},
        "unknown key 'zzz' in an identity of login 'app'\n  Next step: Known keys: ",
        id="a key that is like no other",
    ),
    pytest.param(
        {"app": {"identities": [facts()], "roles": "reader"}},
        "`roles` of login 'app' is not a list",
        id="one role as text",
    ),
    pytest.param(
        {"app": {"identities": [facts()], "roles": [""]}},
        "a role of login 'app' is not plain text: ''",
        id="empty role",
    ),
    pytest.param(
        {"app": {"identities": [facts()], "login": "no"}},
        "`login` of login 'app' is not True or False",
        id="login as text",
    ),
    pytest.param(
        {"app": {"identities": [facts()], "on_delete": "keep"}},
        "`on_delete` of login 'app' is neither 'drop' nor 'disable'",
        id="an unknown on_delete",
    ),
    pytest.param(
        {"app": {"identities": [facts(subject="/^a|b$")]}},
        "the subject of identity 'batch' of login 'app': the regular expression '/^a|b$' is not"
        " anchored",
        id="a regular expression that is not anchored",
    ),
    pytest.param(
        {"app": {"identities": [facts(subject="/^(?=a)$")]}},
        "the subject of identity 'batch' of login 'app': CockroachDB would not take the regular",
        id="a regular expression that no cluster takes",
    ),
    pytest.param(
        {"app": {"identities": [facts()], "allow_privileged": "false"}},
        "`allow_privileged` of login 'app' is not True or False",
        id="text for a switch",
    ),
    pytest.param(
        {"app": {"identities": [facts(), facts(source="other", issuer="https://o")]}},
        "login 'app' has two identities named 'batch': 'batch' of 'idp' and 'batch' of 'other'",
        id="one name for two identities",
    ),
    pytest.param(
        {"a": {"identities": [facts()]}, "b": {"identities": [facts(issuer="https://other")]}},
        "two issuers are both called 'idp': 'https://idp.example.com' and 'https://other'",
        id="one source name for two issuers",
    ),
]


@pytest.mark.parametrize(("logins", "message"), BAD_LOGINS)
def test_a_bad_login_ends_the_program_with_a_plain_error(logins: Any, message: str) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        run_sso(logins)
    assert str(caught.value).startswith(f"ClusterSso 'sso': {message}")
    assert "\n  Next step: " in str(caught.value)


def test_names_must_not_be_outputs() -> None:
    def program() -> None:
        role: Any = pulumi.Output.from_input("reader")
        sso({"app": {"identities": [facts()], "roles": [role]}})

    with pytest.raises(pulumi.RunError, match="a role of login 'app' is not plain text: an Output"):
        run(program)


def test_two_issuers_that_are_not_known_yet_cannot_share_a_name() -> None:
    def program() -> None:
        parent = issuer("parent")
        args: Any = {"issuer": unknown(), "audience": "crdb", "jwks": JWK_TEXT}
        one = OidcIssuer("idp", args)
        args_too: Any = {"issuer": unknown(), "audience": "crdb", "jwks": JWK_TEXT}
        other = OidcIssuer("idp", args_too, pulumi.ResourceOptions(parent=parent))
        sso({"app": {"identities": [one.subject("a"), other.subject("b")]}})

    with pytest.raises(
        pulumi.RunError, match="two issuers are both called 'idp': an Output and an Output"
    ):
        run(program, preview=True)


def test_one_kid_with_two_meanings_in_one_source_is_refused() -> None:
    def program() -> Mapping[str, Any]:
        late = pulumi.Output.from_input({"k1": ed_key("k1")})
        made = [facts(), facts(name="late", keys=late)]
        return {"connect": sso({"app": {"identities": made}}).connect}

    with pytest.raises(
        pulumi.RunError, match="source 'idp': the kid 'k1' stands for two different keys"
    ):
        run(program)


@pytest.mark.parametrize("given", [dict, pulumi.Output.from_input])
@pytest.mark.parametrize(
    ("keys", "message"),
    [
        pytest.param({"k2": JWK_TEXT}, "it is not one JWK with the kid 'k2'", id="another kid"),
        pytest.param({"k1": 7}, "it is not one JWK with the kid 'k1'", id="a number"),
        pytest.param(
            {"k1": JWK_TEXT.replace("}", ',"more":{"jwk":{"d":"c2VjcmV0"}}}')},
            "key 'k1': it holds a private key",
            id="a private member inside of another",
        ),
        pytest.param(
            {"k1": JWK_TEXT.replace("}", ',"alg":"FOO"}')},
            "key 'k1': its `alg` 'FOO' is not a signature algorithm",
            id="unusable",
        ),
    ],
)
def test_a_key_that_no_cluster_should_get_ends_the_program(
    given: Callable[[Any], Any], keys: dict[str, Any], message: str
) -> None:
    def program() -> None:
        sso({"app": {"identities": [facts(keys=given(keys))]}})

    with pytest.raises(pulumi.RunError) as caught:
        run(program)
    assert str(caught.value).startswith(f"ClusterSso 'sso', source 'idp': {message}")
    assert "c2VjcmV0" not in str(caught.value)


@pytest.mark.parametrize("odd", ["\0", "\ud800"])
@pytest.mark.parametrize(
    "given",
    [
        pytest.param(lambda odd: {"logins": {f"a{odd}": {"identities": [facts()]}}}, id="user"),
        pytest.param(
            lambda odd: {"logins": {"a": {"identities": [facts(subject=f"s{odd}")]}}}, id="subject"
        ),
        pytest.param(
            lambda odd: {"logins": {"a": {"identities": [facts(audience=f"a{odd}")]}}},
            id="audience",
        ),
        pytest.param(
            lambda odd: {
                "logins": {
                    "a": {
                        "identities": [
                            facts(keys={f"k{odd}": JWK_TEXT.replace('"k1"', json.dumps(f"k{odd}"))})
                        ]
                    }
                }
            },
            id="kid",
        ),
        pytest.param(
            lambda odd: {"logins": {"a": {"identities": [facts()], "roles": [f"r{odd}"]}}},
            id="role",
        ),
        pytest.param(lambda odd: {"claim": f"c{odd}"}, id="claim"),
    ],
)
def test_text_that_no_cluster_can_store_ends_the_program(
    given: Callable[[str], dict[str, Any]], odd: str
) -> None:
    with pytest.raises(pulumi.RunError, match=r"no cluster can store it|is not printable text"):
        run_sso(**{"logins": None, **given(odd)})


def test_an_error_about_secret_keys_does_not_show_them() -> None:
    private = JWK_TEXT.replace('"k1"', '"hidden-kid"').replace("{", '{"d":"hidden",', 1)
    with pytest.raises(pulumi.RunError, match="it holds a private key") as caught:
        run(lambda: {"keys": issuer(jwks=pulumi.Output.secret(private)).keys})

    assert "key '[secret]'" in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_an_error_about_a_secret_path_does_not_show_it() -> None:
    def program() -> Mapping[str, Any]:
        me = facts(ca_file=pulumi.Output.secret("/no/hidden.pem"))
        return {"connect": sso({"app": {"identities": [me]}}, keys="fetched").connect}

    with pytest.raises(pulumi.RunError, match="private CA can't be read") as caught:
        run(program)

    assert "hidden" not in str(caught.value)
