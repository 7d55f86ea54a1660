"""Adopted clusters whose nodes fetch keys, or that map by another claim."""

from collections.abc import Mapping
from dataclasses import replace

from crdb_sso.adopt.adoption import adoption_of
from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.plan.inputs import ClusterState
from crdb_sso.registry.claims import Claim, Entry, Kind, Registry
from tests.unit.adopted_clusters import KEY, ORDERS, OTHER, by_hand, fetching, reasons


def fetching_by(limit: str, texts: Mapping[Setting, str] | None = None) -> ClusterState:
    live = by_hand(texts)
    limited = {Setting.TIMEOUT: LiveSetting(Setting.TIMEOUT.value, limit)}
    return replace(live, settings={**live.settings, **fetching("true"), **limited})


def test_a_cluster_that_fetches_keys_is_adopted_without_those_it_ignores() -> None:
    adoption = adoption_of(fetching_by("5s"))

    assert adoption.fetched
    assert adoption.logins == {"app_orders": ORDERS}
    assert adoption.keys == {}
    assert not reasons(adoption)


def test_a_program_would_change_how_long_a_fetch_may_take() -> None:
    adoption = adoption_of(fetching_by("15s"))

    assert adoption.logins == {}
    assert reasons(adoption) == {
        "server.jwt_authentication.client.timeout": (
            "it is 15s, but a program that has the nodes fetch keys sets it to 5s; set that by"
            " hand first"
        )
    }


def test_an_issuer_whose_keys_no_node_can_fetch_is_foreign() -> None:
    adoption = adoption_of(
        fetching_by(
            "5s", {Setting.ISSUERS: "plain", Setting.IDENTITY_MAP: "plain orders app_orders"}
        )
    )

    assert adoption.logins == {}
    assert reasons(adoption)["issuer 'plain'"] == "nodes can't fetch its keys over https"


def test_keys_that_a_stack_pinned_conflict_with_fetching() -> None:
    live = fetching_by("5s")
    claim = Claim(Entry(Kind.KEY, "k1"), OTHER, KEY, found=False)
    adoption = adoption_of(replace(live, registry=Registry("id", (claim,))))

    assert reasons(adoption) == {
        "server.jwt_authentication.jwks_auto_fetch.enabled": (
            f"it is on, but keys are also pinned by {OTHER}"
        )
    }


def test_the_claim_that_names_principals_is_adopted() -> None:
    live = by_hand()
    claim = {Setting.CLAIM: LiveSetting(Setting.CLAIM.value, "email")}

    assert adoption_of(replace(live, settings={**live.settings, **claim})).claim == "email"
    assert adoption_of(live).claim == ""
