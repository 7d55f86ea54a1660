"""Who a `ClusterSso` is on the cluster: where it is in its program, in a name for people."""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest

from components import ClusterSso
from tests.components.mockrun import run
from tests.components.programs import LOGINS, URL, facts

ARGS: Any = {"cluster_url": URL, "keys": "pinned", "logins": {"a": {"identities": [facts()]}}}


class Region(pulumi.ComponentResource):
    def __init__(self, name: str, parent: pulumi.Resource | None = None) -> None:
        super().__init__("acme:index:Region", name, None, pulumi.ResourceOptions(parent=parent))


class Team(pulumi.ComponentResource):
    def __init__(self, name: str, parent: pulumi.Resource | None = None) -> None:
        super().__init__("acme:teams/team:Team", name, None, pulumi.ResourceOptions(parent=parent))


def below(parent: pulumi.Resource | None) -> None:
    ClusterSso("sso", ARGS, pulumi.ResourceOptions(parent=parent))


def owners(program: Callable[[], Mapping[str, Any] | None], *, preview: bool = False) -> list[str]:
    done = run(program, preview=preview)
    return sorted(r.inputs["owner"] for r in done.resources if r.type == LOGINS)


def test_without_a_parent_it_is_the_name_in_the_stack() -> None:
    assert owners(lambda: below(None)) == ["acme/shop/prod/sso"]


def test_the_stack_itself_is_not_a_parent() -> None:
    assert owners(lambda: below(pulumi.runtime.get_root_resource())) == ["acme/shop/prod/sso"]


def test_parents_of_different_names_make_different_owners() -> None:
    def program() -> None:
        below(Region("eu"))
        below(Team("us"))

    assert owners(program) == [
        "acme/shop/prod/acme:index:Region/eu/sso",
        "acme/shop/prod/acme:teams/team:Team/us/sso",
    ]


def test_parents_of_one_name_and_different_types_make_different_owners() -> None:
    def program() -> None:
        below(Region("shared"))
        below(Team("shared"))

    assert owners(program) == [
        "acme/shop/prod/acme:index:Region/shared/sso",
        "acme/shop/prod/acme:teams/team:Team/shared/sso",
    ]


def test_grandparents_of_different_types_make_different_owners() -> None:
    def program() -> None:
        below(Team("web", parent=Region("eu")))
        below(Team("web", parent=Team("all")))

    assert owners(program) == [
        "acme/shop/prod/acme:index:Region/acme:teams/team:Team/web/sso",
        "acme/shop/prod/acme:teams/team:Team/acme:teams/team:Team/web/sso",
    ]


def test_a_name_may_contain_what_separates_the_parts_of_a_urn() -> None:
    def program() -> None:
        ClusterSso("a::b$c", ARGS)

    assert owners(program) == ["acme/shop/prod/a::b$c"]


@pytest.mark.parametrize("preview", [True, False])
def test_it_is_known_in_a_preview(*, preview: bool) -> None:
    owner = "acme/shop/prod/acme:index:Region/eu/sso"
    assert owners(lambda: below(Region("eu")), preview=preview) == [owner]
