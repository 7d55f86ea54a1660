"""A text that lacks what was added a moment ago is not built upon."""

from dataclasses import replace
from datetime import timedelta

import pytest

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import Desired, Source
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.old_texts import check_texts
from crdb_sso.plan.planner import plan_context
from crdb_sso.registry.stale_reads import Written, digest
from tests.unit.cluster_model import Cluster, carried_out
from tests.unit.request_strategies import wanted

THEIRS, MINE = "https://theirs.example.com", "https://mine.example.com"
ISSUERS = Setting.ISSUERS


def look(cluster: Cluster, text: str, *, added_s_ago: float, noted: str = "other") -> None:
    """Check a plan of ours where another stack added its issuer, and the node shows a text."""
    assert cluster.registry is not None
    since = cluster.now - timedelta(seconds=added_s_ago)
    registry = replace(
        cluster.registry,
        claims=tuple(replace(claim, since=since) for claim in cluster.claims),
        written={ISSUERS.value: Written(cluster.now, digest(noted))},
    )
    shown = replace(cluster, registry=registry).edited(ISSUERS, text)
    wish = shown.known(wanted("me", Desired({"idp": Source(MINE)}, {})))
    check_texts(plan_context(shown.live_for(wish), wish), spread_s=10)


THERE = carried_out(Cluster(), wanted("you", Desired({"idp": Source(THEIRS)}, {})))


@pytest.mark.parametrize(
    ("text", "added_s_ago", "noted"),
    [
        pytest.param(f'["{THEIRS}"]', 5, "other", id="it is there"),
        pytest.param("[]", 61, "other", id="it was removed by hand, a while ago"),
        pytest.param("[]", 5, "[]", id="it was removed by the last writer"),
        pytest.param("[]", -5, "other", id="a row from the time to come"),
    ],
)
def test_a_text_is_built_upon(text: str, added_s_ago: float, noted: str) -> None:
    look(THERE, text, added_s_ago=added_s_ago, noted=noted)


def test_a_text_that_lacks_what_was_just_added_is_refused() -> None:
    with pytest.raises(GuardRefused) as caught:
        look(THERE, "[]", added_s_ago=5)

    assert caught.value.what == (
        "server.jwt_authentication.issuers.configuration lacks what another stack added less than"
        " 60 s ago: this node may be behind"
    )
    assert "Run again in a minute" in caught.value.hint
