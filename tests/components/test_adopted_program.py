"""A program written from a cluster wants what was adopted, and changes nothing there."""

import ast
import subprocess
import sys
from dataclasses import replace

from hypothesis import assume, event, given, settings

from crdb_sso.adopt.program import program_text
from crdb_sso.desired.logins import Desired
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.registry.claims import Kind
from tests.components.adopted import OWNER, adopted, entries_of, wanted_by
from tests.unit.adoption_strategies import by_hand
from tests.unit.cluster_model import Cluster, carried_out, planned
from tests.unit.cluster_promises import brought_to
from tests.unit.request_strategies import found_clusters, wanted, wishes

OTHER = "org/shop/dev/sso"

briefly = settings(max_examples=60)


@briefly
@given(by_hand())
def test_the_program_wants_exactly_what_was_adopted(cluster: Cluster) -> None:
    adoption = adopted(cluster)
    event(f"{min(len(adoption.logins), 2)} logins or more")

    assert wanted_by(program_text(adoption)).entries == entries_of(adoption)


@briefly
@given(by_hand())
def test_up_and_destroy_change_nothing(cluster: Cluster) -> None:
    wish = OwnerRequest(OWNER, entries_of(adopted(cluster)))
    event("adopted" if wish.entries else "nothing to adopt")

    plan = planned(cluster, wish)

    assert plan.writes == ()
    announced = replace(plan.announce, claims=(), found_texts={}, owner="", instance="")
    assert announced == type(plan.announce)()
    assert not plan.retire
    up = carried_out(cluster, wish)
    assert up.visible == cluster.visible
    assert all(claim.found for claim in up.claims)
    assert not planned(up, wish)
    assert carried_out(up, OwnerRequest(OWNER, {})).visible == cluster.visible


@briefly
@given(by_hand())
def test_what_was_adopted_is_not_adopted_twice(cluster: Cluster) -> None:
    adoption = adopted(cluster)

    again = adopted(carried_out(cluster, OwnerRequest(OWNER, entries_of(adoption))))

    assert again.logins == {}
    kept = [thing for thing in again.foreign if thing.reason == f"the stack {OWNER} has claimed it"]
    assert bool(kept) is bool(adoption.logins)


@briefly
@given(by_hand(), wishes())
def test_next_to_another_stack_nothing_changes_either(cluster: Cluster, theirs: Desired) -> None:
    try:
        shared = brought_to(cluster, wanted(OTHER, theirs))
    except GuardRefused:
        assume(False)  # noqa: FBT003 - how hypothesis spells it
    wish = OwnerRequest(OWNER, entries_of(adopted(shared)))
    event("adopted" if wish.entries else "nothing to adopt")
    lines = {c.entry for c in shared.claims if c.entry.kind is Kind.LINE}

    plan = planned(shared, wish)

    assert plan.writes == ()
    assert not lines & wish.entries.keys()
    up = carried_out(shared, wish)
    assert up.visible == shared.visible
    assert carried_out(up, OwnerRequest(OWNER, {})).visible == shared.visible


@briefly
@given(found_clusters())
def test_a_cluster_with_any_texts_can_be_read(cluster: Cluster) -> None:
    adoption = adopted(cluster)

    assert wanted_by(program_text(adoption)).entries == entries_of(adoption)


@briefly
@given(by_hand())
def test_nothing_that_others_wrote_becomes_code(cluster: Cluster) -> None:
    tree = ast.parse(program_text(adopted(cluster)))

    kinds = (ast.Expr, ast.Import, ast.ImportFrom, ast.Assign)
    assert all(isinstance(statement, kinds) for statement in tree.body)
    called = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    assert {name for name in called if not name.endswith(".subject")} <= {
        "ClusterSso",
        "OidcIssuer",
        "config.require_secret",
        "pulumi.Config",
        "pulumi.export",
    }


@settings(max_examples=40)
@given(by_hand())
def test_the_program_is_formatted_as_ruff_would(cluster: Cluster) -> None:
    text = program_text(adopted(cluster), take_over=True)

    assert formatted(text) == text


def formatted(text: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "100", "-"],
        input=text.encode(),
        capture_output=True,
        check=True,
    )
    return ran.stdout.decode()
