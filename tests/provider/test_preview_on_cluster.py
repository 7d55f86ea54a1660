"""A preview looks at the cluster where a change concerns others on it, and writes nothing."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pulumi
import pytest
from pulumi.output import Unknown

from crdb_sso.errors import CrdbSsoError
from tests.support.provider_calls import OWNER, PROVIDER, create, update, wish
from tests.support.servers import EmbeddedCluster

RULES = "server.host_based_authentication.configuration"
OPEN = "host all all all password"
OPS = {"ops all": "password"}


@pytest.fixture(autouse=True)
def open_to_all(cluster: EmbeddedCluster) -> Iterator[None]:
    cluster.set(RULES, OPEN)
    yield
    cluster.execute(f"RESET CLUSTER SETTING {RULES}")


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    for level in ("info", "warn"):
        monkeypatch.setattr(pulumi.log, level, lambda text, at=level: lines.append(f"{at}: {text}"))
    return lines


def preview(props: dict[str, Any], state: dict[str, Any] | None = None) -> None:
    """Call the provider as the engine does in a preview."""
    PROVIDER.check(state or {}, props)
    if state:
        PROVIDER.diff(OWNER, state, props)


NO_LONGER_COUNTS = f"info: SSO only: another rule no longer counts: {OPEN}"


def test_a_first_preview_says_what_others_lose(cluster: EmbeddedCluster, logged: list[str]) -> None:
    before = cluster.snapshot()

    preview(wish(cluster, sso_only=OPS))

    assert NO_LONGER_COUNTS in logged
    assert not any(line.startswith("warn") for line in logged)
    assert cluster.snapshot() == before


def test_a_later_preview_says_it_too(cluster: EmbeddedCluster, logged: list[str]) -> None:
    state = create(wish(cluster))

    preview(wish(cluster, sso_only=OPS), state)

    assert NO_LONGER_COUNTS in logged


def never_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object, **__: object) -> None:
        pytest.fail("the cluster was asked")

    monkeypatch.setattr(psycopg, "connect", connect)


def test_a_change_that_concerns_nobody_else_asks_nothing(
    cluster: EmbeddedCluster, logged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    state = create(wish(cluster))
    props = wish(cluster, logins={})
    with monkeypatch.context() as patched:
        never_connect(patched)
        preview(props, state)

    assert "- app_billing: tokens no longer open it" in logged[-1]


def test_what_up_will_refuse_is_a_warning_with_the_next_step(
    cluster: EmbeddedCluster, logged: list[str]
) -> None:
    cluster.execute("CREATE USER ops WITH PASSWORD 'pa55-word'")
    cluster.execute("GRANT admin TO ops")
    url = (
        f"postgresql://ops:pa55-word@{cluster.host}:{cluster.port}/defaultdb"
        f"?sslmode=verify-full&sslrootcert={cluster.ca_cert}"
    )

    preview(wish(cluster, sso_only={}, cluster_url=url))

    (warning,) = warnings(logged)
    assert "`pulumi up` will refuse this, as the cluster stands now" in warning
    assert "would shut out the operator ops" in warning
    assert "Next step: Add" in warning
    assert "pa55-word" not in "".join(logged)


def warnings(logged: list[str]) -> list[str]:
    return [line for line in logged if line.startswith("warn")]


def test_a_new_stack_under_a_name_that_another_gave_up_is_another_owner(
    cluster: EmbeddedCluster, logged: list[str]
) -> None:
    before = create(wish(cluster, sso_only={"ops all": "cert"}))
    update(before, wish(cluster, owner="org/shop/dev/renamed", sso_only={"ops all": "cert"}))
    again = wish(cluster, sso_only={"ops all": "password"})

    preview(again)

    (warning,) = warnings(logged)
    with pytest.raises(CrdbSsoError, match=r"org/shop/dev/renamed \(since .*\) by cert") as refused:
        create(again)
    assert warning.endswith(str(refused.value))


def test_another_cluster_behind_the_url_is_reported_before_up_refuses_it(
    cluster: EmbeddedCluster, logged: list[str]
) -> None:
    state = create(wish(cluster)) | {"cluster_id": "another"}
    after = wish(cluster, sso_only=OPS)

    preview(after, state)

    (warning,) = warnings(logged)
    with pytest.raises(CrdbSsoError, match="this stack wrote to another") as refused:
        update(state, after)
    assert warning.endswith(str(refused.value))


def test_claims_that_cannot_move_are_reported_before_up_refuses_it(
    cluster: EmbeddedCluster, logged: list[str]
) -> None:
    state = create(wish(cluster))
    after = wish(cluster, sso_only=OPS, registry_database="elsewhere")

    preview(after, state)

    (warning,) = warnings(logged)
    with pytest.raises(CrdbSsoError, match="elsewhere") as refused:
        update(state, after)
    assert warning.endswith(str(refused.value))


def test_a_cluster_that_does_not_answer_does_not_stop_a_preview(
    cluster: EmbeddedCluster, logged: list[str]
) -> None:
    preview(wish(cluster, sso_only=OPS, cluster_url="postgresql://root@127.0.0.1:1/defaultdb"))

    (line,) = [line for line in logged if "is not known:" in line]
    assert "can't connect to 127.0.0.1:1" in line


@pytest.mark.parametrize("name", ["cluster_url", "sources"])
def test_nothing_is_asked_about_unknown_values(
    cluster: EmbeddedCluster, logged: list[str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    props = wish(cluster, sso_only=OPS) | {name: Unknown()}
    with monkeypatch.context() as patched:
        never_connect(patched)
        preview(props)

    assert not any("is not known:" in line for line in logged)
