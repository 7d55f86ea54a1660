"""The whole error text for a stack's configuration that can't be used."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from tests.unit.test_stack_config import LEAST, URL, loaded

LOGINS = "{app_batch: {subjects: [batch-runner], roles: [reader]}}"


def error_text(values: Mapping[str, Any], *secrets: str) -> str:
    """Return the error for values that are refused."""
    with pytest.raises(pulumi.RunError) as caught:
        loaded(values, ["clusterUrl", *secrets])
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "what", "hint"),
    [
        pytest.param(
            {"keys": "stored"}, "keys is 'stored'", "Write pinned or fetched.", id="a choice"
        ),
        pytest.param({"protect": "maybe"}, "protect is 'maybe'", "Write true or false.", id="bool"),
        pytest.param({"protect": "1"}, "protect is 1", "Write true or false.", id="1 for true"),
        pytest.param(
            {"connectPort": "x"}, "connectPort is 'x'", "Write a whole number.", id="number"
        ),
        pytest.param(
            {"connectPort": "26257.5"}, "connectPort is 26257.5", "Write a whole number.", id="5.5"
        ),
        pytest.param(
            {"connectPort": "true"}, "connectPort is true", "Write a whole number.", id="a switch"
        ),
        pytest.param(
            {"connectPort": "70000"}, "connectPort is 70000", "Write 65535 or less.", id="port"
        ),
        pytest.param(
            {"retireKeysAfterHours": "8785"},
            "retireKeysAfterHours is 8785",
            "Write 8784 or less.",
            id="keys for more than a year",
        ),
        pytest.param(
            {"retireKeysAfterHours": "-1"},
            "retireKeysAfterHours is -1",
            "Write 0 or more.",
            id="negative",
        ),
        pytest.param(
            {"logins": []}, "logins is a list, not a map", f"Write logins: {LOGINS}.", id="list"
        ),
        pytest.param(
            {"logins": "{"}, "logins is '{', not a map", f"Write logins: {LOGINS}.", id="incomplete"
        ),
        pytest.param({"logins": {}}, "logins has no logins", f"Write logins: {LOGINS}.", id="none"),
        pytest.param(
            {"logins": {"app": "x"}},
            "logins.app is 'x', not a map",
            f"Write logins: {LOGINS}.",
            id="a login as text",
        ),
        pytest.param(
            {"logins": {"app": None}},
            "logins.app is null, not a map",
            f"Write logins: {LOGINS}.",
            id="an empty login",
        ),
        pytest.param(
            {"logins": {"": {"subjects": ["x"]}}},
            "logins has an entry without a name",
            "Name the entry.",
            id="no user",
        ),
        pytest.param(
            {"logins": {"app": {"roles": ["r"]}}},
            "logins.app has neither subjects nor identities",
            "List who may log in; `login: false` shuts out everybody for a while.",
            id="nobody may log in",
        ),
        pytest.param(
            {"logins": {"a.b c": {"subjects": []}}},
            'logins["a.b c"] has neither subjects nor identities',
            "List who may log in; `login: false` shuts out everybody for a while.",
            id="empty subjects",
        ),
        pytest.param(
            {"logins": {"app": {"subjects": "x"}}},
            "logins.app.subjects is 'x', not a list",
            "Write a list, even for a single entry.",
            id="one subject as text",
        ),
        pytest.param(
            {"logins": {"app": {"subjects": ["x", 1077]}}},
            "logins.app.subjects[1] is 1077",
            'Write a string; quote numbers, e.g. "1077".',
            id="a number as subject",
        ),
        pytest.param(
            {"logins": {"app": {"subjects": ["x", "y", "x"]}}},
            "logins.app.subjects[2] repeats 'x'",
            "Write it once.",
            id="a subject twice",
        ),
        pytest.param(
            {
                "gcp": {"orders": {"accountId": "shop-orders"}},
                "logins": {"app": {"subjects": ["orders"], "identities": ["orders"]}},
            },
            "logins.app.subjects[0] is 'orders', which is also the name of an identity",
            "Rename the identity in gcp or azure.",
            id="a subject called as an identity",
        ),
        pytest.param(
            {"logins": {"app": {"subjects": ["x"], "roles": [""]}}},
            "logins.app.roles[0] is empty",
            "Write a string, or remove the entry.",
            id="an empty role",
        ),
        pytest.param(
            {"logins": {"app": {"subjects": ["x"], "login": "no"}}},
            "logins.app.login is 'no'",
            "Write true or false.",
            id="login as text",
        ),
        pytest.param(
            {"logins": {"app_orders": {"subjects": ["x"], "onDelete": "keep"}}},
            "logins.app_orders.onDelete is 'keep'",
            "Write drop or disable.",
            id="an unknown on_delete",
        ),
        pytest.param(
            {"groupSync": True},
            "groupSync is true, not a map",
            "Write groupSync: {groupClaim: groups, userinfoGroupKey: groups}.",
            id="groupSync as switch",
        ),
        pytest.param(
            {"ssoOnly": ["ops"]},
            "ssoOnly is a list, not a map",
            "Write ssoOnly: {keep: [{user: backup_svc, method: cert, address: 10.0.0.0/8}]}.",
            id="ssoOnly as list",
        ),
    ],
)
def test_a_bad_value_names_its_key_and_the_next_step(
    changes: Mapping[str, Any], what: str, hint: str
) -> None:
    assert error_text({**LEAST, **changes}) == (
        f"Pulumi.prod.yaml: crdb-sso:{what}\n  Next step: {hint}"
    )


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        pytest.param(
            "clusterUrl",
            "Run `pulumi config set --secret crdb-sso:clusterUrl"
            " 'postgresql://ops@db.example.com:26257/defaultdb?sslmode=verify-full'`.",
            id="the secret",
        ),
        pytest.param("keys", "Run `pulumi config set crdb-sso:keys pinned`.", id="a choice"),
        pytest.param("logins", f"Write logins: {LOGINS}.", id="a map"),
        pytest.param(
            "issuer",
            "Set it to the exact `iss`. The subjects of app are from its tokens.",
            id="whose subjects",
        ),
        pytest.param("audience", "Set it to the `aud` of the issuer's tokens.", id="of an issuer"),
    ],
)
@pytest.mark.parametrize("left_out", [True, False])
def test_a_missing_key_is_named_with_how_it_is_set(key: str, hint: str, left_out: bool) -> None:  # noqa: FBT001 - a cell
    values = {name: value for name, value in LEAST.items() if name != key}
    assert error_text(values if left_out else {**values, key: ""}) == (
        f"Pulumi.prod.yaml: crdb-sso:{key} is missing\n  Next step: {hint}"
    )


@pytest.mark.parametrize("key", ["audience", "jwksUri", "jwks", "issuerCaFile"])
def test_keys_that_belong_to_an_issuer_are_refused_without_one(key: str) -> None:
    gcp = {"orders": {"accountId": "shop-orders"}}
    values = {**LEAST, "issuer": "", "audience": "", "gcp": gcp}
    assert error_text({**values, "logins": {"app": {"identities": ["orders"]}}, key: "x"}) == (
        f"Pulumi.prod.yaml: crdb-sso:{key} is set without issuer\n"
        f"  Next step: Set issuer too, or remove {key}."
    )


def test_the_operators_url_in_clear_is_refused_and_not_repeated() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        loaded(LEAST, [])
    assert str(caught.value) == (
        "Pulumi.prod.yaml: crdb-sso:clusterUrl is not encrypted\n"
        "  Next step: Run `pulumi config set --secret crdb-sso:clusterUrl"
        " 'postgresql://ops@db.example.com:26257/defaultdb?sslmode=verify-full'`."
    )


def test_several_mistakes_are_reported_at_once() -> None:
    values = {
        "clusterUrl": URL,
        "issuer": "https://idp.example.com",
        "protct": "true",
        "keys": "stored",
        "connectPort": "x",
        "logins": {"app": {"subjects": "batch", "rols": []}},
    }
    assert error_text(values) == (
        "Pulumi.prod.yaml has 5 mistakes:\n"
        "  crdb-sso:keys is 'stored'. Write pinned or fetched.\n"
        "  crdb-sso:connectPort is 'x'. Write a whole number.\n"
        "  crdb-sso:logins.app.subjects is 'batch', not a list."
        " Write a list, even for a single entry.\n"
        "  crdb-sso:logins.app.rols is unknown. Did you mean roles?\n"
        "  crdb-sso:protct is unknown. Did you mean protect?\n"
        "  Next step: Fix each of them."
    )


def test_contradictions_are_reported_at_once() -> None:
    values = {
        **LEAST,
        "issuer": "",
        "gcpJwks": "{}",
        "logins": {"app": {"identities": ["orders"]}},
    }
    assert error_text(values) == (
        "Pulumi.prod.yaml has 3 mistakes:\n"
        "  crdb-sso:audience is set without issuer. Set issuer too, or remove audience.\n"
        "  crdb-sso:gcpJwks is set without gcp. Set gcp too, or remove gcpJwks.\n"
        "  crdb-sso:logins.app.identities[0] is 'orders', which is not an identity."
        " Use a name from gcp or azure. There are none.\n"
        "  Next step: Fix each of them."
    )


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        pytest.param({"connectPort": "hunter2"}, "connectPort is [secret]", id="a number"),
        pytest.param({"keys": "hunter2"}, "keys is [secret]", id="a choice"),
        pytest.param(
            {"logins": {"app": {"subjects": ["x"], "onDelete": "hunter2"}}},
            "logins.app.onDelete is [secret]",
            id="inside a map",
        ),
        pytest.param({"logins": "hunter2"}, "logins is [secret], not a map", id="for a map"),
        pytest.param(
            {"logins": {"app": {"subjects": ["hunter2", "hunter2"]}}},
            "logins.app.subjects[1] repeats [secret]",
            id="twice",
        ),
        pytest.param(
            {"issuer": "", "audience": "", "logins": {"app": {"identities": ["hunter2"]}}},
            "logins.app.identities[0] is [secret], which is not an identity",
            id="a name that nobody has",
        ),
        pytest.param({"hunter": "hunter2"}, "hunter is unknown", id="under an unknown key"),
    ],
)
def test_a_secret_value_is_not_repeated(changes: Mapping[str, Any], what: str) -> None:
    said = error_text({**LEAST, **changes}, *changes)
    assert said.startswith(f"Pulumi.prod.yaml: crdb-sso:{what}\n  Next step: ")
    assert "hunter2" not in said


def test_a_long_value_is_cut() -> None:
    assert error_text({**LEAST, "keys": "y" * 1000}).startswith(
        f"Pulumi.prod.yaml: crdb-sso:keys is '{'y' * 59}...\n"
    )
