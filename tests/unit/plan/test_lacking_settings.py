"""What a cluster no longer has of the settings that a stack wrote, as after a change of version."""

from dataclasses import replace

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import Desired, Source
from tests.unit.cluster_model import Cluster, carried_out
from tests.unit.observations import shown_by
from tests.unit.request_strategies import wanted

PINNED = Desired({"idp": Source("https://idp.example.com")}, {})
FETCHED = replace(PINNED, fetched=True)


def test_nodes_of_a_version_without_the_limit_fetch_keys_all_the_same() -> None:
    cluster = carried_out(Cluster(), wanted("me", FETCHED))

    shown = shown_by(_lacking(Setting.TIMEOUT, cluster), FETCHED)

    assert shown.lacking == {Setting.TIMEOUT}
    assert shown.is_fetching


def _lacking(setting: Setting, cluster: Cluster) -> Cluster:
    """Return a cluster of a version that does not have a setting."""
    left = dict(cluster.settings)
    del left[setting]
    return replace(cluster, settings=left)


def test_a_written_setting_is_live_or_lacking_and_one_that_was_not_written_neither() -> None:
    cluster = carried_out(Cluster(), wanted("me", PINNED))

    there = shown_by(cluster, PINNED)
    gone = shown_by(_lacking(Setting.ENABLED, cluster), PINNED)

    assert there.scalars == {Setting.ENABLED: "true"}
    assert there.lacking == frozenset()
    assert gone.scalars == {}
    assert gone.lacking == {Setting.ENABLED}
    assert there.has_written(Setting.ENABLED)
    assert gone.has_written(Setting.ENABLED)
    assert not there.has_written(Setting.CLAIM)
    assert not gone.has_written(Setting.CLAIM)
