"""Whatever a cluster accepts as settings, the analysis ends with a report."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crdb_sso.crdb.privileges import MEMBER_OF_ADMIN
from crdb_sso.registry.claims import Claim, Kind, Owner, Registry
from crdb_sso.verdict.access.views import AccessView, Account
from crdb_sso.verdict.cluster.views import ClusterView
from crdb_sso.verdict.findings import RULES, Severity, Situation, analyzed
from tests.unit.standard_certificates import CA
from tests.unit.verdict.findings.analyzed_clusters import (
    GITHUB,
    GOOGLE,
    IDP,
    NOW,
    PROD,
    claim,
    key_set,
)
from tests.unit.verdict.imitated_settings import IMITATED, default_settings, is_legal

LINES = (
    f"{IDP} orders app_orders",
    f"{IDP} /^(.*)$ \\1",
    f"{GOOGLE} /^[0-9]+$ app_orders",
    f"{GITHUB} /^repo:acme.*$ boss",
    "https://kubernetes.default.svc system:serviceaccount:shop:orders app_orders",
    "# a comment",
    "crdb \\",
)
KNOWN = {
    "jwks": (
        key_set({"kty": "oct", "kid": "s", "k": "c2VjcmV0"}),
        key_set({"kty": "EC", "kid": "e", "crv": "P-000", "x": "AQ", "y": "AQ"}),
        key_set({"kty": "OKP", "kid": "x", "crv": "X25519", "x": ""}),
        '{"kty":"RSA","n":"","e":"","kid":"r"}',
    ),
    "issuers": (f'["{IDP}","{GOOGLE}","{GITHUB}"]', "null", "https://[", '["a",null]'),
    "audience": ("a,b", "[]", '["https://kubernetes.default.svc"]'),
    "enabled": ("true",),
    "custom_ca": (CA,),
    "claim": ("email", "/", "/a/b"),
    "configuration": ("\n".join(LINES), "\n".join(LINES[:2]), "host all all all password"),
}
ODD = st.text(max_size=40) | st.text("\\/^$.*()[]|?:@# \n\\1a\u0130", max_size=30)


def values(name: str) -> st.SearchStrategy[str]:
    known = [text for end, texts in KNOWN.items() if end in name for text in texts]
    return st.sampled_from(known) | ODD if known else st.sampled_from(["true", "false", "groups"])


@st.composite
def settings_of(draw: st.DrawFn, version: str) -> dict[str, str]:
    """Draw a value for some settings; those that the version would refuse are left alone."""
    texts = {**default_settings(version)}
    texts["server.host_based_authentication.configuration"] = draw(
        st.sampled_from(["", "host all all all password", "host all all 1.2.3.4 a b c"])
    )
    for name in default_settings(version):
        text = draw(values(name))
        assume("\0" not in text)
        if is_legal(version, name, text):
            texts[name] = text
    return texts


CLAIMS: tuple[Claim, ...] = (
    claim(Kind.ISSUER, IDP, days=90),
    claim(Kind.KEY, "r", text="{}", until_h=-1),
    claim(Kind.SETTING, "server.host_based_authentication.configuration"),
    claim(Kind.LINE, LINES[2]),
    *(claim(Kind.ACCEPTED, f"CRDB-SSO-{n:03}", text="why") for n in range(1, 16)),
    claim(Kind.ACCEPTED, "CRDB-SSO-999", text="of a newer version"),
)
ACCOUNTS = {"app_orders": Account(), "boss": Account(rights=(MEMBER_OF_ADMIN,))}

SEVERITIES = {(rule.id, one) for rule in RULES for one in (rule.severity, rule.also)}


@pytest.mark.parametrize("version", IMITATED)
@given(data=st.data())
def test_it_never_fails(version: str, data: st.DataObject) -> None:
    cluster = ClusterView(version, data.draw(settings_of(version)), {})
    view = AccessView(
        cluster, ACCOUNTS, Registry("c", CLAIMS, owners={PROD: Owner(PROD, PROD, NOW)})
    )
    blind = replace(view, accounts=None, registry=None, sees_claims=False)

    for seen in (view, blind):
        report = analyzed(Situation(seen, NOW))

        order = list(Severity)
        found = [order.index(one.severity) for one in report.findings]
        assert found == sorted(found)
        assert all(one.sentence and one.way_out for one in report.findings)
        assert {(one.id, one.severity) for one in report.findings} <= SEVERITIES
