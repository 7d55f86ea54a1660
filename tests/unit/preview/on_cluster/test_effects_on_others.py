"""What a change that affects the whole cluster means for others, in lines for people."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from crdb_sso.crdb.hba import Door
from crdb_sso.crdb.privileges import MEMBER_OF_ADMIN
from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import NOTHING, Desired, Source
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.inputs import CERTIFICATE, LiveUser, Operator
from crdb_sso.plan.planner import plan_context
from crdb_sso.preview.on_cluster.effects_on_others import bystander_lines
from tests.unit.cluster_model import Cluster, carried_out, with_texts
from tests.unit.cluster_versions import BEFORE_26_1
from tests.unit.request_strategies import wanted

OURS, THEIRS, NOBODYS = (f"https://{name}.example.com" for name in ("ours", "theirs", "nobodys"))
SOMEBODY = "somebody outside these stacks"
PINNED = Desired({"idp": Source(OURS)}, {})
FETCHED = replace(PINNED, fetched=True)
DOORS = replace(PINNED, sso_only={Door("ops"): "cert"})

ADMIN = LiveUser(may_login=True, privileges=(MEMBER_OF_ADMIN,))
ROOT_ALONE = (
    "SSO only: without a token only root is sure to come in and able to end this; nodes started"
    " with --disallow-root-login (26.1 and later) shut root out: name another admin in `keep`"
    " before that"
)


def lines(before: Desired, after: Desired, texts: Mapping[Setting, str]) -> list[str]:
    cluster = Cluster(with_texts(texts))
    cluster = carried_out(cluster, wanted("org/shop/dev", Desired({"x": Source(THEIRS)}, {})))
    if before != NOTHING:
        cluster = carried_out(cluster, wanted("me", PINNED))
    wish = cluster.known(wanted("me", after))
    return list(bystander_lines(before, after, plan_context(cluster.live_for(wish), wish)))


@pytest.mark.parametrize("before", [NOTHING, PINNED], ids=["at first", "later"])
def test_it_names_whose_keys_are_fetched_too(before: Desired) -> None:
    assert lines(before, FETCHED, {Setting.ISSUERS: f'["{NOBODYS}"]'}) == [
        f"keys of issuer {NOBODYS}, trusted by {SOMEBODY}: fetched by the nodes too",
        f"keys of issuer {THEIRS}, trusted by org/shop/dev: fetched by the nodes too",
    ]


def test_on_a_cluster_that_already_does_nothing_changes_for_others() -> None:
    assert lines(PINNED, PINNED, {}) == []
    cluster = Cluster(with_texts({Setting.AUTO_FETCH: "true", Setting.ISSUERS: NOBODYS}))
    fetched, pinned = (
        plan_context(cluster.live_for(known), known)
        for known in (cluster.known(wanted("me", of)) for of in (FETCHED, PINNED))
    )
    assert list(bystander_lines(NOTHING, FETCHED, fetched)) == []
    assert list(bystander_lines(FETCHED, PINNED, pinned)) == [
        f"keys of issuer {NOBODYS}, trusted by {SOMEBODY}: pinned again"
    ]


def test_when_doors_close_it_lists_the_rules_that_no_longer_count() -> None:
    open_to_all = {Setting.HOST_RULES: "host all all all password"}

    listed = lines(PINNED, DOORS, open_to_all)

    assert listed == [
        "SSO only: another rule no longer counts: host all all all password",
        ROOT_ALONE,
    ]
    assert lines(DOORS, DOORS, open_to_all) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, [ROOT_ALONE], id="root alone"),
        pytest.param({"version": BEFORE_26_1}, [], id="before 26.1"),
        pytest.param({"operator": Operator("ops", CERTIFICATE)}, [], id="an operator that is kept"),
        pytest.param({"users": {"ops": ADMIN}}, [], id="another admin is kept"),
        pytest.param({"users": {"ops": LiveUser(may_login=True)}}, [ROOT_ALONE], id="not an admin"),
    ],
)
def test_it_says_that_root_may_be_shut_out_where_nobody_else_could_end_it(
    changes: Mapping[str, Any], expected: list[str]
) -> None:
    wish = Cluster().known(wanted("me", DOORS))
    live = replace(Cluster().live_for(wish), **changes)

    assert list(bystander_lines(PINNED, DOORS, PlanContext(live, wish))) == expected
