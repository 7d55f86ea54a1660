"""The rows of the inputs: each survives a round trip, and there are no names without a row."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import pytest

from crdb_sso.desired.logins import Desired, Identity, Login, Source
from crdb_sso.desired.proof import Proof
from crdb_sso.desired.provisioning import GroupSync
from crdb_sso.desired.remembered import Remembered
from crdb_sso.plan.drift import observed
from crdb_sso.provider import inputs
from crdb_sso.provider.checking import problems
from crdb_sso.provider.reading import inputs_of, read_desired, read_remembered
from crdb_sso.provider.rows import Input
from crdb_sso.provider.target import Target
from crdb_sso.provider.writing import seen_inputs
from tests.unit.cluster_model import Cluster, carried_out
from tests.unit.engine_inputs import IDP, WISH, with_value
from tests.unit.request_strategies import wanted
from tests.unit.standard_certificates import CA

CLUSTER = Cluster(roles=frozenset({"readers"}))
OWNER = WISH["owner"]
BY_SUBJECT = {"issuer": IDP, "keys": {}, "subject_is_username": True, "audience": "crdb"}
OPEN = {**WISH, "sources": {"idp": BY_SUBJECT}, "logins": {}}
FETCHED = {**WISH, "mode": "fetched", "sources": {"idp": {"issuer": IDP, "keys": {}}}}
SYNC = {"group_claim": "teams", "userinfo_group_key": "g", "allow_privileged": True}
SYNCED = {**WISH, "logins": {}, "group_sync": SYNC}


def read_again(props: dict[str, Any]) -> dict[str, Any]:
    """Return what a refresh writes after an `up` if nobody changed anything."""
    wish = wanted(OWNER, read_desired(props))
    cluster = carried_out(CLUSTER, wish)
    return seen_inputs(props, observed(read_remembered(props), cluster.live_for(wish), OWNER))


EXAMPLES: dict[str, dict[str, Any]] = {
    "cluster_url": WISH,
    "owner": WISH,
    "registry_database": with_value("registry_database", "elsewhere"),
    "mode": FETCHED,
    "enabled": with_value("enabled", value=False),
    "sources": WISH,
    "logins": WISH,
    "sso_only": with_value("sso_only", {"ops all": "cert"}),
    "retire_after_h": with_value("retire_after_h", 36.5),
    "claim": with_value("claim", "email"),
    "take_over": with_value("take_over", value=True),
    "auto_provisioning": with_value("auto_provisioning", value=True),
    "accept": with_value("accept", {"CRDB-SSO-002": "one team runs both"}),
    "group_sync": SYNCED,
    "prove": with_value("prove", {"app": {"kind": "file", "path": "token"}}),
    "on_failed_proof": with_value("on_failed_proof", "restore"),
    "sources * issuer": WISH,
    "sources * jwks_uri": WISH,
    "sources * ca": {**FETCHED, "sources": {"idp": {"issuer": IDP, "keys": {}, "ca": CA}}},
    "sources * keys": WISH,
    "sources * close_passthrough": with_value("sources idp close_passthrough", value=True),
    "sources * subject_is_username": OPEN,
    "sources * audience": OPEN,
    "logins * identities": WISH,
    "logins * roles": WISH,
    "logins * login": WISH,
    "logins * on_delete": with_value("logins app on_delete", "disable"),
    "logins * allow_privileged": with_value("logins app allow_privileged", value=True),
    "logins * identities * source": WISH,
    "logins * identities * audience": WISH,
    "logins * identities * subject": WISH,
    "group_sync group_claim": SYNCED,
    "group_sync userinfo_group_key": SYNCED,
    "group_sync allow_privileged": SYNCED,
}
"""For each row a bag in which it is not at its default; `*` is any name."""

NESTED: Mapping[str, tuple[Input[Any], ...]] = {
    "": (*inputs.TARGET, *inputs.DESIRED, *inputs.PROOF),
    "sources * ": inputs.SOURCE,
    "logins * ": inputs.LOGIN,
    "logins * identities * ": inputs.IDENTITY,
    "group_sync ": inputs.GROUP_SYNC,
}
FROM_A_REFRESH = {"sources * trusted"}


def names_in(bag: object, *path: str) -> Iterator[str]:
    """Yield the paths of names in a bag, with `*` for those that a program chooses."""
    if isinstance(bag, Mapping):
        for name, value in bag.items():
            is_free = " ".join(path) in FREE
            here = (*path, "*" if is_free else name)
            yield from () if is_free else [" ".join(here)]
            yield from names_in(value, *here)


FREE = {
    "sources",
    "sources * keys",
    "logins",
    "logins * roles",
    "logins * identities",
    "sso_only",
    "accept",
    "prove",
    "prove *",
}


def test_there_is_an_example_of_each_row() -> None:
    named = {f"{at}{row.name}" for at, rows in NESTED.items() for row in rows}

    assert EXAMPLES.keys() == named - FROM_A_REFRESH
    assert all(where in set(names_in(props)) for where, props in EXAMPLES.items())


@pytest.mark.parametrize("where", EXAMPLES)
def test_each_row_round_trips(where: str) -> None:
    props = EXAMPLES[where]

    assert problems(props) == []
    assert read_again(props) == props
    assert read_desired(read_again(props)) == read_desired(props)
    assert inputs_of(props) == props


@pytest.mark.parametrize(
    ("made", "rows"),
    [
        pytest.param(Target, (*inputs.TARGET, inputs.CLUSTER_ID, inputs.INSTANCE), id="target"),
        pytest.param(Desired, inputs.DESIRED, id="wish"),
        pytest.param(Proof, inputs.PROOF, id="proof"),
        pytest.param(Source, inputs.SOURCE, id="source"),
        pytest.param(Login, inputs.LOGIN, id="login"),
        pytest.param(Identity, inputs.IDENTITY, id="identity"),
        pytest.param(GroupSync, inputs.GROUP_SYNC, id="group sync"),
    ],
)
def test_each_field_has_a_row_and_each_row_a_field(
    made: type, rows: tuple[Input[Any], ...]
) -> None:
    read = [row.field or row.name for row in rows if row.field is not None]

    assert sorted(read) == sorted(field.name for field in fields(made))


def test_everything_else_that_a_state_says_has_a_row_too() -> None:
    read = {row.name for row in inputs.STATE} | {"written", "untrusted"}

    assert read == {field.name for field in fields(Remembered)}
    assert inputs.TRUSTED in inputs.SOURCE


@pytest.mark.parametrize(
    ("where", "at"),
    [
        ("protct", "protct"),
        ("sources idp jwksUri", "sources.idp.jwksUri"),
        ("logins app role", 'logins["app"].role'),
        ("logins app identities orders sub", 'logins["app"].identities["orders"].sub'),
    ],
)
def test_a_name_without_a_row_is_an_error(where: str, at: str) -> None:
    (problem,) = problems(with_value(where, "x"))

    assert problem.path == at
    assert problem.reason.startswith("unknown property; the known ones are ")


def test_what_the_engine_adds_and_the_provider_returns_is_not_an_error() -> None:
    known = {"__provider": "gAS", "cluster_id": None, "retiring": None}

    assert problems({**WISH, **known}) == []
    assert problems({**WISH, "cluster_id": "id-1", "retiring": {}, "leftovers": ["key k9"]}) == []
