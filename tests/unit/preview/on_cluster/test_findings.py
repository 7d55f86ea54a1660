"""Previews warn of the findings that a change brings, and of no others."""

from dataclasses import replace

from crdb_sso.desired.logins import Desired, Identity, Login, Source
from crdb_sso.plan.planner import plan_context
from crdb_sso.preview.on_cluster.findings import finding_lines
from crdb_sso.printing import MOST_TOLD
from tests.unit.cluster_model import Cluster, carried_out
from tests.unit.named_keys import ec_key
from tests.unit.request_strategies import wanted

A, B = "https://a.example.com", "https://b.example.com"
ONE = Desired(
    {"a": Source(A, keys={"k": ec_key("k")})}, {"app": Login({"a": Identity("a", "crdb", "s-1")})}
)
KUBERNETES = replace(
    ONE, logins={"app": Login({"a": Identity("a", "https://kubernetes.default.svc", "s-1")})}
)


def lines(cluster: Cluster, wish: Desired, owner: str = "me") -> list[str]:
    request = cluster.known(wanted(owner, wish))
    return list(finding_lines(plan_context(cluster.live_for(request), request)))


def test_a_sound_change_brings_none() -> None:
    assert lines(Cluster(), ONE) == []


def test_what_a_change_adds_is_said_once_with_the_way_out() -> None:
    (said,) = lines(Cluster(), KUBERNETES)

    assert said == (
        "CRDB-SSO-002: The audience https://kubernetes.default.svc is that of tokens for other"
        " services: whoever receives such a token can use it here. Give the cluster an audience of"
        " its own, such as crdb-sso/PROJECT/STACK, and have the workloads ask for tokens with it."
    )
    there = carried_out(Cluster(), wanted("me", KUBERNETES))
    assert lines(there, KUBERNETES) == []
    assert lines(there, replace(KUBERNETES, logins={**KUBERNETES.logins, "x": Login({})})) == []


def test_an_audience_that_reads_like_the_place_of_a_line_is_not_taken_for_one() -> None:
    """Only the number of a line that moved makes nothing new."""
    seven, eight = (
        Identity("a", f"https://github.com/line {n} of the identity map", f"s-{n}") for n in (7, 8)
    )
    one = replace(ONE, logins={"app": Login({"seven": seven})})
    there = carried_out(Cluster(), wanted("me", one))

    (said,) = lines(there, replace(ONE, logins={"app": Login({"seven": seven, "eight": eight})}))

    assert "https://github.com/line 8 of the identity map" in said


def test_what_is_accepted_is_not_said() -> None:
    assert lines(Cluster(), replace(KUBERNETES, accept={"CRDB-SSO-002": "for a week"})) == []


def test_several_issuers_into_a_user_of_another_stack_are_said() -> None:
    there = carried_out(Cluster(), wanted("you", ONE))
    other = Desired({"b": Source(B)}, {"app": Login({"b": Identity("b", "crdb", "s-2")})})

    (said,) = lines(there, other)

    assert said.startswith("CRDB-SSO-004: app is opened by the tokens of 2 issuers")


def test_many_are_counted() -> None:
    github = Source("https://token.actions.githubusercontent.com")
    logins = {
        f"app_{n}": Login({"all": Identity("a", "crdb", f"/^repo:acme-{n}.*$")})
        for n in range(MOST_TOLD + 2)
    }

    said = lines(Cluster(), Desired({"a": github}, logins))

    assert len(said) == MOST_TOLD + 1
    assert said[-1] == "2 more findings: `crdb-sso analyze` shows all"
