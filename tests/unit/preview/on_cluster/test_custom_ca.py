"""A private CA on the cluster replaces the public ones: who is told, and what to do."""

from collections.abc import Mapping

import pytest

from crdb_sso.crdb import pem
from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import NOTHING, Desired, Source, wanted_entries
from crdb_sso.plan.planner import plan_changes
from crdb_sso.preview.on_cluster.custom_ca import ca_lines, mixed_ca_lines
from crdb_sso.registry.claims import Kind
from tests.unit.cluster_model import Cluster, with_texts
from tests.unit.request_strategies import wanted
from tests.unit.standard_certificates import CA, OTHER_CA

A, B, C = "https://a.example.com", "https://b.example.com", "https://c.example.com"


def fetching(**ca: str) -> Desired:
    """Return a wish for issuers whose keys are fetched, each with the text of its CA."""
    url = {"a": A, "b": B}
    return Desired(
        {n: Source(url[n], f"{url[n]}/k", ca=text) for n, text in ca.items()}, {}, fetched=True
    )


def told_about(*issuers: str) -> str:
    return (
        "`ca_file` (in the configuration `issuerCaFile`) is not given for"
        f" {', '.join(issuers)}, but nodes believe only the certificates"
        " in server.jwt_authentication.issuers.custom_ca, not the CAs of their systems. Name a file"
        " with the CA that signs for it: it may be a bundle of several certificates, so that one"
        " file for all issuers will do"
    )


OTHERS_TOLD = (
    "from now on nodes believe only the certificates in"
    " server.jwt_authentication.issuers.custom_ca, not the CAs of their systems, and fetch the"
    f" keys of {C} too, which others trust. Put the CAs that sign for those beside yours:"
    " `ca_file` (in the configuration `issuerCaFile`) may be a bundle of several certificates"
)
THEIRS = {
    Setting.ISSUERS: f'{{"issuer_jwks_map": {{"{C}": "{C}/k"}}}}',
    Setting.IDENTITY_MAP: f"{C} s u",
}
ON = {**THEIRS, Setting.AUTO_FETCH: "true"}


@pytest.mark.parametrize(
    ("texts", "asked", "expected"),
    [
        pytest.param({}, fetching(a="", b=""), [], id="public ones only"),
        pytest.param({}, fetching(a=CA), [], id="a private one only"),
        pytest.param({}, fetching(a=CA, b=OTHER_CA), [], id="each with its own CA"),
        pytest.param({}, fetching(a=CA + OTHER_CA, b=CA + OTHER_CA), [], id="one bundle for both"),
        pytest.param({}, fetching(a=CA, b=""), [told_about(B)], id="a public one beside it"),
        pytest.param(ON, fetching(a=CA), [OTHERS_TOLD], id="a public one of others"),
        pytest.param(THEIRS, fetching(a=CA), [OTHERS_TOLD], id="theirs are fetched with ours"),
        pytest.param(
            {**ON, Setting.CUSTOM_CA: CA}, fetching(a=""), [told_about(A)], id="a CA of others"
        ),
        pytest.param(
            {**ON, Setting.CUSTOM_CA: CA}, fetching(a=OTHER_CA), [], id="they had a CA before"
        ),
        pytest.param(
            {**THEIRS, Setting.CUSTOM_CA: CA},
            fetching(a="", b=OTHER_CA),
            [told_about(A), OTHERS_TOLD],
            id="both",
        ),
        pytest.param(
            {Setting.CUSTOM_CA: CA}, Desired({"a": Source(A)}, {}), [], id="keys are pinned"
        ),
    ],
)
def test_who_is_out_of_reach_beside_a_private_ca(
    texts: Mapping[Setting, str], asked: Desired, expected: list[str]
) -> None:
    live = Cluster(with_texts(texts)).live_for(wanted("me", asked))
    plan = plan_changes(live, wanted("me", asked))

    assert list(ca_lines(NOTHING, asked, plan, live)) == expected


def test_a_change_of_something_else_does_not_repeat_it() -> None:
    mixed = fetching(a=CA, b="")
    texts = {Setting.AUTO_FETCH: "true", Setting.CUSTOM_CA: CA}
    live = Cluster(with_texts(texts)).live_for(wanted("me", mixed))
    plan = plan_changes(live, wanted("me", mixed))

    assert list(ca_lines(mixed, mixed, plan, live)) == []
    assert list(mixed_ca_lines(mixed, mixed)) == []


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(fetching(a=CA, b=""), [told_about(B)], id="both kinds"),
        pytest.param(fetching(a="", b=""), [], id="public ones"),
        pytest.param(fetching(a=CA, b=OTHER_CA), [], id="private ones"),
        pytest.param(Desired({"a": Source(A, ca=CA), "b": Source(B)}, {}), [], id="pinned"),
    ],
)
def test_a_program_alone_tells_it_while_the_cluster_is_out_of_reach(
    asked: Desired, expected: list[str]
) -> None:
    assert list(mixed_ca_lines(NOTHING, asked)) == expected


def test_each_certificate_of_a_bundle_reaches_the_cluster() -> None:
    entries = wanted_entries(fetching(a=f"# private\n{CA}# public\n{OTHER_CA}"))

    names = {entry.name for entry in entries if entry.kind is Kind.CA}
    assert names == {*pem.certificates(CA), *pem.certificates(OTHER_CA)}
