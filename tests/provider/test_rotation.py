"""An issuer rotates its keys: who can log in, until when, and what is left.

Time passes in the claim tables: the end of a key is moved to the past.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest

from crdb_sso.clients.issuers.published_keys import Publisher, look_for_rotation
from crdb_sso.errors import CrdbSsoError, GuardRefused
from crdb_sso.plan.rotation import Rotation
from crdb_sso.tokens.jwks import parse_fetched
from tests.support.provider_calls import KEY_2, OWNER, PROVIDER, create, delete, update, wish
from tests.support.servers import EmbeddedCluster, LocalIssuer, local_issuer, minted

OTHER = "org/other/prod/sso"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    with local_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


def published(issuer: LocalIssuer, *, but: set[str] | None = None) -> dict[str, str]:
    """Return the issuer's keys, without those that it no longer publishes."""
    keys, _ = parse_fetched(issuer._text(issuer.jwks_uri))  # noqa: SLF001 - as the cloud's keys are read
    return {kid: text for kid, text in keys.text_by_kid().items() if kid not in (but or set())}


def wanting(
    cluster: EmbeddedCluster,
    issuer: LocalIssuer,
    keys: dict[str, str],
    hours: float = 24,
    owner: str = OWNER,
) -> dict[str, Any]:
    return wish(
        cluster,
        owner,
        retire_after_h=hours,
        sources={"idp": {"issuer": issuer.issuer, "keys": keys}},
    )


class Rotated:
    """A stack whose issuer has rotated, and a token from before that."""

    def __init__(self, cluster: EmbeddedCluster, issuer: LocalIssuer, hours: float = 24) -> None:
        self.found = cluster.snapshot()
        old = published(issuer)
        self.created = create(wanting(cluster, issuer, old, hours))
        self.old_token = minted(issuer, sub="o-1", aud="crdb")
        issuer.rotate()
        (self.new_kid,) = published(issuer).keys() - old.keys()
        self.old_kids = set(old)
        self.old = old
        self.new = {self.new_kid: published(issuer)[self.new_kid]}
        self.wanted = wanting(cluster, issuer, self.new, hours)
        self.state = update(self.created, self.wanted)

    def passed(self) -> dict[str, Any]:
        """Return the state once the time of the old keys is over."""
        past = dict.fromkeys(self.old_kids, "2026-01-01T00:00:00+00:00")
        return {**self.state, "retiring": {"idp": past}}


def let_time_pass(cluster: EmbeddedCluster) -> None:
    cluster.execute("UPDATE crdb_sso.public.retiring SET until = now() - '1s'::INTERVAL")


def retiring(cluster: EmbeddedCluster) -> list[Any]:
    return cluster.execute("SELECT entry FROM crdb_sso.public.retiring ORDER BY entry")


def is_let_in(cluster: EmbeddedCluster, token: str) -> bool:
    try:
        return cluster.login("app_orders", token) == "app_orders"
    except psycopg.OperationalError as exc:
        if "JWT authentication: invalid token" not in str(exc):
            raise
        return False


def test_a_token_from_before_the_rotation_logs_in_until_the_key_is_due(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    stack = Rotated(cluster, issuer)
    new_token = minted(issuer, sub="o-1", aud="crdb")

    assert is_let_in(cluster, stack.old_token)
    assert is_let_in(cluster, new_token)
    let_time_pass(cluster)
    state = update(stack.passed(), stack.wanted)

    assert not is_let_in(cluster, stack.old_token)
    assert is_let_in(cluster, new_token)
    assert "retiring" not in state
    assert retiring(cluster) == []
    delete(state)
    assert cluster.snapshot() == stack.found


def test_the_state_remembers_when_a_key_goes_by_the_clusters_clock(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    stack = Rotated(cluster, issuer)

    remembered = stack.state["retiring"]["idp"]

    rows = cluster.execute("SELECT entry, until FROM crdb_sso.public.retiring")
    assert {kid: until.isoformat() for kid, until in rows} == remembered
    ((now,),) = cluster.execute("SELECT now()")
    (due,) = {datetime.fromisoformat(text) for text in remembered.values()}
    assert now + timedelta(hours=23) < due <= now + timedelta(hours=24)


def test_a_retired_key_is_mentioned_only_once_it_is_due(
    cluster: EmbeddedCluster, issuer: LocalIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = Rotated(cluster, issuer)
    said: list[str] = []
    monkeypatch.setattr("pulumi.log.info", said.append)

    assert not PROVIDER.diff(OWNER, stack.state, stack.wanted).changes
    assert said == []
    assert PROVIDER.diff(OWNER, stack.passed(), stack.wanted).changes
    assert said == [
        "\n".join(f"- idp: key {k} is no longer trusted" for k in sorted(stack.old_kids))
    ]


def test_a_preview_of_a_rotation_says_until_when_the_old_key_is_trusted(
    cluster: EmbeddedCluster, issuer: LocalIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = Rotated(cluster, issuer)
    said: list[str] = []
    monkeypatch.setattr("pulumi.log.info", said.append)

    PROVIDER.diff(OWNER, stack.created, stack.wanted)

    lines = said[0].splitlines()
    day = f"{datetime.now(timezone.utc) + timedelta(hours=24):%Y-%m-%d}"
    for kid, line in zip(sorted(stack.old_kids), lines, strict=False):
        assert line.startswith(f"~ idp: key {kid} is no longer published, trusted until {day[:4]}")
        assert line.endswith(" UTC")
    assert lines[-1] == f"+ idp: key {stack.new_kid} is trusted"


def test_a_local_clock_that_is_ahead_removes_nothing(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    stack = Rotated(cluster, issuer)

    state = update(stack.passed(), stack.wanted)

    assert state == stack.state
    assert is_let_in(cluster, stack.old_token)


def test_without_a_wait_retired_keys_are_dropped_immediately(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    stack = Rotated(cluster, issuer)

    state = update(stack.state, wanting(cluster, issuer, stack.new, hours=0))

    assert not is_let_in(cluster, stack.old_token)
    assert "retiring" not in state


def test_a_retired_key_that_is_published_again_is_simply_wanted(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    stack = Rotated(cluster, issuer)

    state = update(stack.state, wanting(cluster, issuer, {**stack.old, **stack.new}))
    let_time_pass(cluster)

    assert retiring(cluster) == []
    assert "retiring" not in state
    update(state, wanting(cluster, issuer, {**stack.old, **stack.new}))
    assert is_let_in(cluster, stack.old_token)


def test_destroy_removes_retired_keys_immediately(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    stack = Rotated(cluster, issuer)

    delete(stack.state)

    assert cluster.snapshot() == stack.found
    assert retiring(cluster) == []


def test_a_refresh_shows_retired_keys_as_they_are(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    stack = Rotated(cluster, issuer)

    result = PROVIDER.read(OWNER, stack.state)

    assert result.outs == stack.state
    assert result.inputs == stack.wanted


def test_no_other_stack_removes_a_key_that_is_due(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    stack = Rotated(cluster, issuer)
    theirs = create(wanting(cluster, issuer, stack.new, owner=OTHER))
    let_time_pass(cluster)

    theirs = update(theirs, wanting(cluster, issuer, stack.new, hours=1, owner=OTHER))

    assert is_let_in(cluster, stack.old_token)
    stack.state = update(stack.passed(), stack.wanted)
    assert not is_let_in(cluster, stack.old_token)
    delete(theirs)
    delete(stack.state)
    assert cluster.snapshot() == stack.found


@pytest.mark.parametrize("at", ["INSERT INTO .*retiring", "SET CLUSTER SETTING"])
def test_a_rotation_that_breaks_off_is_completed_with_the_old_key_kept(
    cluster: EmbeddedCluster, issuer: LocalIssuer, at: str
) -> None:
    stack = Rotated(cluster, issuer)
    created = update(stack.state, wanting(cluster, issuer, stack.old, hours=0))
    cluster.faults({"match": at, "kind": "drop_after", "times": 1})
    with pytest.raises(CrdbSsoError):
        update(created, stack.wanted)
    cluster.faults()

    state = update(created, stack.wanted)

    assert set(state["retiring"]["idp"]) == stack.old_kids
    assert is_let_in(cluster, stack.old_token)
    delete(state)
    assert cluster.snapshot() == stack.found


# is there a rotation to do?


def look(cluster: EmbeddedCluster, issuer: LocalIssuer, owner: str = OWNER) -> Rotation:
    publisher = Publisher(issuer.issuer, None, issuer.ca_cert)
    return look_for_rotation(cluster.admin_url, "crdb_sso", owner, [publisher]).rotation


def test_a_rotation_that_needs_an_up_is_found(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    gone = KEY_2.replace("k2", "gone")
    keys = published(issuer)
    state = create(wanting(cluster, issuer, {**keys, "gone": gone}))
    assert look(cluster, issuer) == Rotation(retired=("gone",))

    issuer.rotate()
    (new,) = published(issuer).keys() - keys.keys()
    assert look(cluster, issuer) == Rotation(new=(new,), retired=("gone",))

    state = update(state, wanting(cluster, issuer, published(issuer)))
    due = datetime.fromisoformat(state["retiring"]["idp"]["gone"])
    assert look(cluster, issuer) == Rotation(waiting={"gone": due})

    let_time_pass(cluster)
    assert look(cluster, issuer) == Rotation(due=("gone",))


def test_an_owner_that_never_wrote_here_has_no_rotation(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    with pytest.raises(GuardRefused, match="org/other/prod/sso has no claims"):
        look(cluster, issuer, OTHER)
