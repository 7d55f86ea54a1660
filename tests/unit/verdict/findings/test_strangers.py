"""Whom a line of a public issuer lets in: strangers are free in all names but the owner's."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.verdict.findings.analyzed_clusters import (
    GITHUB,
    GOOGLE,
    found,
    settings,
    situation,
)

GITLAB = "https://gitlab.com"
TERRAFORM = "https://app.terraform.io"
PULUMI = "https://api.pulumi.com/oidc"
ESC = "https://api.pulumi.com/oidc/v2"
BUILDKITE = "https://agent.buildkite.com"
ENTRA = "https://login.microsoftonline.com/common/v2.0"
NAMES = st.from_regex(r"[a-z][a-z0-9]{2,9}", fullmatch=True)


def lets_in_everybody(issuer: str, pattern: str, claim: str = "", version: str = "25.4") -> bool:
    texts = settings((f"{issuer} {pattern} app_orders",), (issuer,), claim=claim)
    return bool(found("003", situation(texts, version=version)))


@pytest.mark.parametrize(
    ("issuer", "pattern"),
    [
        (GITHUB, "/^repo:[^/]+/[^:]+:environment:prod$"),
        (GITHUB, "/^repo:[^/]+/orders:ref:refs/heads/release-[0-9]+$"),
        (GITHUB, r"/^repo:\w+/orders:ref:refs/tags/.*$"),
        (GITHUB, "/^repo:[^:]+:pull_request$"),
        (GITHUB, "/^.*:ref:refs/heads/(main|master)$"),
        (GITHUB, "/^repo:(acme|[a-z]+)/orders:environment:live$"),
        (GITHUB, "/:environment:prod"),
        (GITHUB, "/^repo:[^/]+/repo:environment:environment$"),
        (GITHUB, r"/^repo:[^/]+@\d+/shop@\d+:environment:prod$"),
        (GITLAB, "/^project_path:.*:ref_type:branch:ref:main$"),
        (GITLAB, "/^project_path:[^/]+/orders:ref_type:tag:ref:v[0-9.]+$"),
        (GITLAB, "/acme/orders:ref_type:branch:ref:main$"),
        (TERRAFORM, "/^organization:[^:]+:project:shop:workspace:prod:run_phase:apply$"),
        (PULUMI, "/^pulumi:deploy:org:[^:]+:project:shop:stack:prod:.*$"),
        (PULUMI, "/^pulumi:environments:org:.*:env:shop/prod$"),
        (ESC, "/^pulumi:org:.*:env:.*$"),
        (BUILDKITE, "/^organization:[^:]+:pipeline:shop:ref:refs/heads/main:.*:step:deploy$"),
    ],
)
def test_strangers_choose_every_name_but_the_owner(issuer: str, pattern: str) -> None:
    assert lets_in_everybody(issuer, pattern)
    assert lets_in_everybody(issuer, pattern, version="26.1")


@pytest.mark.parametrize(
    ("issuer", "pattern"),
    [
        (GITHUB, "/^repo:acme/[^:]+:environment:prod$"),
        (GITHUB, "/^repo:acme/.*$"),
        (GITHUB, "/^repo:acme@1234567/.*$"),
        (GITHUB, "/^repo:(acme|acme-labs)/orders:.*$"),
        (GITLAB, "/^project_path:acme/.*:ref_type:branch:ref:main$"),
        (TERRAFORM, "/^organization:acme:project:[^:]+:workspace:[^:]+:run_phase:apply$"),
        (PULUMI, "/^pulumi:deploy:org:acme:.*$"),
        (ESC, "/^pulumi:org:0c1d2e3f-1111-4222-8333-444455556666:env:[0-9a-f-]+$"),
        (BUILDKITE, "/^organization:acme:pipeline:.*$"),
        ("https://gitlab.acme.example", "/^project_path:.*$"),
    ],
)
def test_a_pattern_that_names_the_owner_lets_in_no_stranger(issuer: str, pattern: str) -> None:
    assert not lets_in_everybody(issuer, pattern)
    assert not lets_in_everybody(issuer, pattern, version="26.1")


@pytest.mark.parametrize("issuer", [GOOGLE, ENTRA])
@pytest.mark.parametrize(
    ("pattern", "claim", "is_open"),
    [
        (r"/^.+@gmail\.com$", "email", True),
        (r"/^[a-z0-9]+@(acme|gmail)\.com$", "email", True),
        (r"/^.*@outlook[.]com$", "preferred_username", True),
        (r"/@hotmail\.com$", "/email", True),
        ("/^.*$", "email", True),
        (r"/^.+@acme\.com$", "email", False),
        (r"/^jane@gmail\.com$", "email", False),
        ("/^.*$", "department", True),
        (r"/^.+@gmail\.com$", "department", False),
    ],
)
def test_anybody_has_a_mailbox_at_a_public_provider(
    issuer: str, pattern: str, claim: str, *, is_open: bool
) -> None:
    assert lets_in_everybody(issuer, pattern, claim) is is_open


def test_a_finding_names_a_stranger_who_gets_in() -> None:
    pattern = "/^repo:[^/]+/[^:]+:environment:prod$"
    (one,) = found("003", situation(settings((f"{GITHUB} {pattern} app_orders",), (GITHUB,))))

    assert one.way_out.endswith("and not repo:zz-stranger/zz-stranger:environment:prod.")


def test_what_is_for_everybody_is_not_said_twice() -> None:
    pattern = "/^repo:[^/]+/orders:pull_request$"

    assert found("009", situation(settings((f"{GITHUB} {pattern} app",), (GITHUB,)))) == []


@given(
    owner=NAMES, name=NAMES, label=NAMES, kind=st.sampled_from(["environment:", "ref:refs/heads/"])
)
def test_whatever_its_names_a_pattern_is_for_everybody_only_if_the_owner_is_free(
    owner: str, name: str, label: str, kind: str
) -> None:
    rest = f"{re.escape(name)}:{kind}{re.escape(label)}$"

    assert lets_in_everybody(GITHUB, f"/^repo:[^/]+/{rest}")
    assert not lets_in_everybody(GITHUB, f"/^repo:{re.escape(owner)}_/{rest}")
