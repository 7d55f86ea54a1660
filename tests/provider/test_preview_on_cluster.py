"""A preview looks at the cluster, refuses what `up` would refuse, and writes nothing."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from pulumi.output import Unknown

from crdb_sso.errors import CrdbSsoError
from tests.support.provider_calls import OWNER, PROVIDER, create, refresh, update, wish
from tests.support.servers import EmbeddedCluster
from tests.unit.standard_certificates import CA

RULES = "server.host_based_authentication.configuration"
OPEN = "host all all all password"
OPS = {"ops all": "password"}


@pytest.fixture(autouse=True)
def open_to_all(cluster: EmbeddedCluster) -> Iterator[None]:
    cluster.set(RULES, OPEN)
    yield
    cluster.execute(f"RESET CLUSTER SETTING {RULES}")


def preview(props: dict[str, Any], state: dict[str, Any] | None = None) -> None:
    """Call the provider as the engine does in a preview."""
    PROVIDER.check(state or {}, props)
    if state:
        PROVIDER.diff(OWNER, state, props)


NO_LONGER_COUNTS = f"info: SSO only: another rule no longer counts: {OPEN}"


def test_a_first_preview_says_what_others_lose(cluster: EmbeddedCluster, told: list[str]) -> None:
    before = cluster.snapshot()

    preview(wish(cluster, sso_only=OPS))

    assert NO_LONGER_COUNTS in told
    assert not any(line.startswith("warn") for line in told)
    assert cluster.snapshot() == before


def test_a_later_preview_says_it_too(cluster: EmbeddedCluster, told: list[str]) -> None:
    state = create(wish(cluster))

    preview(wish(cluster, sso_only=OPS), state)

    assert NO_LONGER_COUNTS in told


ADDED = "+ audience crdb: accepted from every issuer, as the cluster has one list"


@pytest.mark.parametrize(
    ("taken", "is_added"),
    [
        pytest.param(["server.identity_map.configuration"], False, id="the lines alone"),
        pytest.param(
            ["server.identity_map.configuration", "server.jwt_authentication.audience"],
            True,
            id="the audience too",
        ),
    ],
)
def test_after_a_refresh_an_audience_is_added_only_if_it_had_gone(
    cluster: EmbeddedCluster, told: list[str], taken: list[str], *, is_added: bool
) -> None:
    props = wish(cluster)
    state = create(props)
    for setting in taken:
        cluster.set(setting, "")
    left = refresh(state)
    told.clear()

    preview(props, left)

    said = "\n".join(told)
    assert "may log in" in said
    assert (ADDED in said) is is_added


@pytest.mark.holds(since="24.3")
def test_a_private_ca_beside_a_public_one_is_a_warning_of_preview_and_up(
    cluster: EmbeddedCluster, told: list[str]
) -> None:
    sources = {
        "idp": {"issuer": "https://idp.example.com", "ca": CA},
        "public": {"issuer": "https://public.example.com"},
    }
    mixed = wish(cluster, mode="fetched", sources=sources)

    preview(mixed)
    create(mixed | {"owner": "org/shop/dev/unseen"})

    warned = [line for line in told if line.startswith("warn")]
    expected = "`issuerCaFile`) is not given for https://public.example.com, but nodes believe only"
    assert [expected in line for line in warned] == [True, True]


def never_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object, **__: object) -> None:
        pytest.fail("the cluster was asked")

    monkeypatch.setattr(psycopg, "connect", connect)


def test_what_up_would_refuse_is_refused_with_the_same_words(
    cluster: EmbeddedCluster, told: list[str]
) -> None:
    cluster.execute("CREATE USER ops WITH PASSWORD 'pa55-word'")
    cluster.execute("GRANT admin TO ops")
    url = (
        f"postgresql://ops:pa55-word@{cluster.host}:{cluster.port}/defaultdb"
        f"?sslmode=verify-full&sslrootcert={cluster.ca_cert}"
    )
    shut_out = wish(cluster, sso_only={}, cluster_url=url)

    said = refused_as_by_up(lambda: preview(shut_out), lambda: create(shut_out))

    assert "would shut out the operator ops" in said
    assert "Next step: Add" in said
    assert "pa55-word" not in said + "".join(told)


def refused_as_by_up(look: Callable[[], object], up: Callable[[], object]) -> str:
    """Check that a preview refuses what `up` refuses, in the same words; return them."""
    with pytest.raises(CrdbSsoError) as seen:
        look()
    with pytest.raises(CrdbSsoError) as met:
        up()
    assert str(seen.value) == str(met.value)
    return str(met.value)


def test_a_role_that_does_not_exist_is_refused_by_a_preview(cluster: EmbeddedCluster) -> None:
    props = wish(cluster)
    props["logins"]["app_orders"]["roles"] = {"orders_rw": True}

    said = refused_as_by_up(lambda: preview(props), lambda: create(props))

    assert "this role does not exist on the cluster: orders_rw" in said


def test_a_new_stack_under_a_name_that_another_gave_up_is_another_owner(
    cluster: EmbeddedCluster,
) -> None:
    before = create(wish(cluster, sso_only={"ops all": "cert"}))
    update(before, wish(cluster, owner="org/shop/dev/renamed", sso_only={"ops all": "cert"}))
    again = wish(cluster, sso_only={"ops all": "password"})

    said = refused_as_by_up(lambda: preview(again), lambda: create(again))

    assert re.search(r"org/shop/dev/renamed \(since .*\) by cert", said)


def test_another_cluster_behind_the_url_is_refused_by_a_preview(cluster: EmbeddedCluster) -> None:
    state = create(wish(cluster)) | {"cluster_id": "another"}
    after = wish(cluster, sso_only=OPS)

    said = refused_as_by_up(lambda: preview(after, state), lambda: update(state, after))

    assert "this stack wrote to another" in said


def test_claims_that_cannot_move_are_refused_by_a_preview(cluster: EmbeddedCluster) -> None:
    state = create(wish(cluster))
    after = wish(cluster, sso_only=OPS, registry_database="elsewhere")

    said = refused_as_by_up(lambda: preview(after, state), lambda: update(state, after))

    assert "elsewhere" in said


def test_a_cluster_that_does_not_answer_does_not_stop_a_preview(
    cluster: EmbeddedCluster, told: list[str]
) -> None:
    preview(wish(cluster, sso_only=OPS, cluster_url="postgresql://root@127.0.0.1:1/defaultdb"))

    (line,) = [line for line in told if "was not reached" in line]
    assert line.startswith("info: the cluster was not reached (can't connect to 127.0.0.1:1")
    assert line.endswith("): showing only what this program changes")


@pytest.mark.parametrize(
    ("query", "step"),
    [
        ("sslmode=verify-full&sslrootcert=absent.crt", "Let sslrootcert of cluster_url name"),
        ("sslmode=nonsense", "Correct that parameter of cluster_url."),
    ],
)
def test_a_url_that_can_not_work_is_a_warning_with_the_next_step(
    cluster: EmbeddedCluster, told: list[str], query: str, step: str
) -> None:
    url = f"postgresql://root@{cluster.host}:{cluster.port}/defaultdb?{query}"
    preview(wish(cluster, sso_only=OPS, cluster_url=url))

    (line,) = [line for line in told if "was not reached" in line]
    assert line.startswith("warn: the cluster was not reached (can't connect to ")
    assert f"): showing only what this program changes\n  Next step: {step}" in line


@pytest.mark.parametrize("name", ["cluster_url", "sources"])
def test_nothing_is_asked_about_unknown_values(
    cluster: EmbeddedCluster, told: list[str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    props = wish(cluster, sso_only=OPS) | {name: Unknown()}
    with monkeypatch.context() as patched:
        never_connect(patched)
        preview(props)

    assert not any("was not reached" in line for line in told)
