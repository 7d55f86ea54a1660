"""`ClusterSso`: how its arguments become the inputs of one resource."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components import ClusterSso
from tests.components.mockrun import UNKNOWN, Secret, run
from tests.components.programs import (
    ISSUER,
    JWK_TEXT,
    LOGINS,
    URL,
    facts,
    issuer,
    run_sso,
    sso,
    unknown,
)
from tests.unit.standard_certificates import BROKEN_CA, CA

# what the engine gets


def test_everything_one_stack_wants_is_one_child_resource() -> None:
    def program() -> Mapping[str, Any]:
        idp = issuer()
        logins: Any = {
            "app_orders": {"identities": [idp.subject("orders")], "roles": ["orders_rw", "audit"]},
            "app_batch": {"identities": [idp.subject("batch"), idp.subject("/^b2$", "b2")]},
            "app_old": {"identities": [idp.subject("old")], "roles": [], "login": False},
            "app_kept": {"identities": [idp.subject("kept")], "on_delete": "disable"},
            "app_gone": {"identities": [idp.subject("gone")], "on_delete": "drop"},
        }
        return {"connect": sso(logins).connect}

    done = run(program)
    component, child = done.resources[1:]
    assert (component.type, component.name) == ("crdb-sso:index:ClusterSso", "sso")
    assert component.inputs == {}
    assert done.outputs["sso"] == {}
    assert (child.type, child.name, child.parent) == (LOGINS, "sso-logins", "sso")
    inputs = {name: value for name, value in child.inputs.items() if name != "__provider"}
    assert inputs == {
        "cluster_url": Secret(URL),
        "owner": "acme/shop/prod/sso",
        "mode": "pinned",
        "enabled": True,
        "registry_database": "crdb_sso",
        "retire_after_h": 24,
        "sources": {"idp": {"issuer": ISSUER, "keys": {"k1": JWK_TEXT}}},
        "logins": {
            "app_orders": {
                "identities": {
                    "orders": {"source": "idp", "audience": "crdb", "subject": "orders"}
                },
                "roles": {"orders_rw": True, "audit": True},
            },
            "app_batch": {
                "identities": {
                    "batch": {"source": "idp", "audience": "crdb", "subject": "batch"},
                    "b2": {"source": "idp", "audience": "crdb", "subject": "/^b2$"},
                }
            },
            "app_old": {
                "identities": {"old": {"source": "idp", "audience": "crdb", "subject": "old"}},
                "login": False,
            },
            "app_kept": {
                "identities": {"kept": {"source": "idp", "audience": "crdb", "subject": "kept"}},
                "on_delete": "disable",
            },
            "app_gone": {
                "identities": {"gone": {"source": "idp", "audience": "crdb", "subject": "gone"}}
            },
        },
    }


def test_what_several_components_say_about_a_source_is_sent_once() -> None:
    shared = {"jwks_uri": "https://keys.example.com", "close_passthrough": True}
    logins = {
        "a": {"identities": [facts()]},
        "b": {"identities": [facts(name="b", **shared)]},
        "c": {"identities": [facts(name="c", source="other", issuer="https://other")]},
    }
    sources = run_sso(logins).only(LOGINS).inputs["sources"]
    assert sources == {
        "idp": {"issuer": ISSUER, "keys": {"k1": JWK_TEXT}, **shared},
        "other": {"issuer": "https://other", "keys": {"k1": JWK_TEXT}},
    }


def test_components_of_one_source_combine_their_keys() -> None:
    second = JWK_TEXT.replace("k1", "k2")

    def program() -> None:
        late = pulumi.Output.from_input({"k2": second})
        sso({"a": {"identities": [facts(), facts(name="late", keys=late)]}})

    keys = run(program).only(LOGINS).inputs["sources"]["idp"]["keys"]
    assert keys == {"k1": JWK_TEXT, "k2": second}


def test_a_thousand_logins_are_two_resources_more_than_none() -> None:
    def program() -> Mapping[str, Any]:
        idp = issuer()
        logins = {f"u{n}": {"identities": [idp.subject(f"s{n}")]} for n in range(1000)}
        return {"connect": sso(logins).connect}

    done = run(program)
    assert [r.name for r in done.resources] == ["idp", "sso", "sso-logins"]
    assert len(done.only(LOGINS).inputs["logins"]) == 1000
    assert len(done.exports["connect"]) == 1000


def test_a_login_takes_few_bytes_of_state() -> None:
    def bytes_of(count: int) -> int:
        def program() -> Mapping[str, Any]:
            idp = issuer()
            logins = {
                f"app_{n:04}": {
                    "identities": [idp.subject(f"workload-{n:04}")],
                    "roles": ["reader"],
                }
                for n in range(count)
            }
            return {"connect": sso(logins).connect}

        done = run(program)
        stored = [done.only(LOGINS).inputs["logins"]] * 2 + [done.exports["connect"]]
        return len(json.dumps(stored, separators=(",", ":")))

    assert bytes_of(101) - bytes_of(1) < 750 * 100


def test_the_callers_options_stay_with_the_component() -> None:
    def program() -> None:
        parent = issuer("parent")
        ClusterSso(
            "sso",
            {"cluster_url": URL, "keys": "pinned", "logins": {"a": {"identities": [facts()]}}},
            pulumi.ResourceOptions(parent=parent, protect=True),
        )

    _, component, child = run(program).resources
    assert (component.parent, child.parent) == ("parent", "sso")
    assert component.protect


# unknowns


def test_what_a_preview_does_not_know_stays_a_leaf() -> None:
    def program() -> Mapping[str, Any]:
        idp = issuer(issuer=unknown(), jwks=unknown())
        logins: Any = {"app": {"identities": [idp.subject(unknown())]}}
        return {"connect": sso(logins).connect}

    done = run(program, preview=True)
    child = done.only(LOGINS)
    assert child.inputs["sources"] == {"idp": {"issuer": UNKNOWN, "keys": UNKNOWN}}
    assert child.inputs["logins"] == {
        "app": {"identities": {"idp": {"source": "idp", "audience": "crdb", "subject": UNKNOWN}}}
    }
    assert done.exports["connect"] is UNKNOWN


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="nothing else is given"),
        pytest.param({"connect_host": "db"}, id="its host is, but not its virtual cluster"),
    ],
)
def test_with_a_cluster_not_known_yet_connect_is_not_known_either(given: dict[str, str]) -> None:
    def program() -> Mapping[str, Any]:
        logins = {"app": {"identities": [facts()]}}
        return {"connect": sso(logins, cluster_url=unknown(), **given).connect}

    assert run(program, preview=True).exports["connect"] is UNKNOWN


LOGIN = {"identities": [facts()]}


def test_a_claim_and_the_time_that_keys_stay_are_passed_on() -> None:
    inputs = run_sso(claim="email", retire_keys_after_hours=0).only(LOGINS).inputs
    assert (inputs["claim"], inputs["retire_after_h"]) == ("email", 0)


# keys that the nodes fetch


def test_where_the_nodes_fetch_keys_the_program_does_not(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text(f"# of the shop\n{CA}")

    def never() -> Any:
        raise AssertionError("asked for the keys")

    logins = {
        "a": {"identities": [facts(keys=never, jwks_uri=never, ca_file=str(ca_file))]},
        "b": {"identities": [facts(keys=never, source="told", jwks_uri="https://keys")]},
        "c": {
            "identities": [
                facts(keys=never, source="found", jwks_uri="https://keys", has_discovery=True)
            ]
        },
    }

    inputs = run_sso(logins, keys="fetched").only(LOGINS).inputs

    assert inputs["mode"] == "fetched"
    assert inputs["sources"] == {
        "idp": {"issuer": ISSUER, "keys": {}, "ca": f"# of the shop\n{CA}"},
        "told": {"issuer": ISSUER, "keys": {}, "jwks_uri": "https://keys"},
        "found": {"issuer": ISSUER, "keys": {}},
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("PEM", "it holds no certificate", id="no PEM"),
        pytest.param(CA + BROKEN_CA, "its certificate number 2 is broken", id="a broken one"),
    ],
)
def test_a_broken_ca_ends_the_program_with_its_path_and_the_reason(
    tmp_path: Path, text: str, reason: str
) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text(text)
    logins = {"a": {"identities": [facts(ca_file=str(ca_file))]}}

    with pytest.raises(pulumi.RunError) as caught:
        run_sso(logins, keys="fetched")

    assert str(caught.value).startswith(f"ClusterSso 'sso', source 'idp': ca_file '{ca_file}': ")
    assert reason in str(caught.value)


def test_a_private_key_beside_the_ca_does_not_get_into_the_state(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text(f"-----BEGIN PRIVATE KEY-----\nQUFB\n-----END PRIVATE KEY-----\n{CA}")
    logins = {"a": {"identities": [facts(ca_file=str(ca_file))]}}

    inputs = run_sso(logins, keys="fetched").only(LOGINS).inputs

    assert inputs["sources"]["idp"]["ca"] == CA


@pytest.mark.parametrize("given", [dict, pulumi.Output.from_input])
def test_only_the_canonical_public_text_of_a_key_gets_into_the_state(
    given: Callable[[Any], Any],
) -> None:
    wide = json.dumps({**json.loads(JWK_TEXT), "x5t": "a", "d": None}, indent=1)

    def program() -> None:
        sso({"a": {"identities": [facts(keys=given({"k1": wide}))]}})

    inputs = run(program).only(LOGINS).inputs

    assert inputs["sources"]["idp"]["keys"] == {"k1": JWK_TEXT}


def test_components_of_one_source_may_name_different_algorithms_of_a_key() -> None:
    narrow = [json.dumps({**json.loads(JWK_TEXT), "alg": alg}) for alg in ("ES256", "ES384")]
    one, other = (facts(name=f"n{n}", keys={"k1": text}) for n, text in enumerate(narrow))

    inputs = run_sso({"a": {"identities": [one, other]}}).only(LOGINS).inputs

    assert inputs["sources"]["idp"]["keys"] == {"k1": JWK_TEXT}


def test_an_unreadable_ca_ends_the_program_with_a_plain_error() -> None:
    logins = {"a": {"identities": [facts(ca_file="/nowhere/ca.pem")]}}
    with pytest.raises(pulumi.RunError, match="private CA can't be read"):
        run_sso(logins, keys="fetched")
