"""Each rule: what it finds, how bad that is, and the nearest thing that it does not find."""

import pytest

from crdb_sso.crdb.hba import BEGIN, CLOSING, END
from crdb_sso.crdb.privileges import MEMBER_OF_ADMIN, Privilege
from crdb_sso.registry.claims import Kind
from crdb_sso.verdict.access.views import Account
from crdb_sso.verdict.findings import RULES, Rule, Severity, Situation
from tests.unit.standard_certificates import CA
from tests.unit.standard_keys import EC, ED, RSA
from tests.unit.verdict.findings.analyzed_clusters import (
    DEV,
    GITHUB,
    GOOGLE,
    IDP,
    OTHER,
    PROD,
    claim,
    found,
    key_set,
    settings,
    situation,
)

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
BOTH = (IDP, OTHER)
ORDERS = f"{IDP} orders app_orders"
BLOCK = "\n".join((BEGIN, *CLOSING, END))
WANTS_SSO_ONLY = claim(Kind.SETTING, "server.host_based_authentication.configuration", text=BLOCK)
BOSS = {"boss": Account(rights=(MEMBER_OF_ADMIN,))}
OPS = {"ops": Account(rights=(Privilege("MODIFYCLUSTERSETTING"),))}
CLOSED = rf"{GOOGLE} /[^\x00-\x{{10FFFF}}] public"


def of_google(pattern: str, **changes: str) -> Situation:
    return situation(settings((f"{GOOGLE} {pattern} app_orders",), (GOOGLE,), **changes))


def of_github(subject: str, **changes: str) -> Situation:
    return situation(settings((f"{GITHUB} {subject} app_orders",), (GITHUB,), **changes))


def of_kubernetes(subject: str, issuer: str = IDP) -> Situation:
    return situation(settings((f"{issuer} {subject} app_orders",), (issuer,)))


def with_audience(text: str, *owners: str) -> Situation:
    claims = (claim(Kind.AUDIENCE, text, owner) for owner in owners)
    return situation(settings(audience=text), *claims)


LARGE = r"\pL{0,1000}" * 6

FINDS = [
    ("001", WARNING, situation(settings(issuers=BOTH)), "of one of them can sign"),
    ("002", WARNING, with_audience("https://kubernetes.default.svc"), "other services"),
    ("002", WARNING, with_audience("https://GitHub.com/acme"), "other services"),
    ("002", WARNING, with_audience("shop", PROD, DEV), "shared by the environments dev, prod"),
    ("003", ERROR, of_google("/^[0-9]+$"), "everybody who has an account at Google"),
    ("003", ERROR, of_google("/^(.+)$"), "everybody who has an account at Google"),
    ("003", ERROR, of_google(r"/^[0-9\pL]{1,999}$"), "lets in everybody who has an account at"),
    ("003", ERROR, of_google(f"/^{LARGE}$"), "too large to be judged, and may let in"),
    ("003", ERROR, of_google("/@", claim="email"), "everybody who has an account at Google"),
    ("003", ERROR, of_github("/^repo:.*$"), "everybody who has an account at GitHub Actions"),
    (
        "004",
        WARNING,
        situation(settings((ORDERS, f"{OTHER} batch app_orders"), BOTH)),
        "app_orders is opened by the tokens of 2 issuers",
    ),
    (
        "004",
        INFO,
        situation(
            settings((ORDERS, f"{OTHER} batch app_orders"), BOTH),
            claim(Kind.LINE, ORDERS),
            claim(Kind.LINE, f"{OTHER} batch app_orders"),
        ),
        "app_orders is opened by the tokens of 2 issuers",
    ),
    (
        "005",
        ERROR,
        situation(settings((f"{IDP} root-of-all boss",)), users=BOSS),
        "root-of-all of https://idp.example.com logs in as boss (member of admin)",
    ),
    (
        "005",
        WARNING,
        situation(settings((f"{IDP} robot ops",)), users=OPS),
        "logs in as ops (holds MODIFYCLUSTERSETTING)",
    ),
    (
        "005",
        WARNING,
        situation(settings((rf"{IDP} /^(.*)$ \1",)), users=BOSS),
        "logs in as boss (member of admin), by line 1 of the identity map",
    ),
    ("005", WARNING, situation(settings(()), users=BOSS), "by no line at all"),
    ("006", WARNING, situation(settings(issuers=BOTH, claim="email")), "claim 'email' of 2"),
    ("007", INFO, situation(), "without `exp`"),
    ("008", ERROR, situation(settings((), (GOOGLE,))), "Anybody can get a token there"),
    ("008", WARNING, situation(settings(())), "each of its tokens logs in as"),
    ("009", WARNING, of_github("/^repo:acme.*$"), "only begins like the one"),
    ("009", WARNING, of_github("/^repo:acme/orders:.*$"), "workflows of pull requests"),
    ("009", INFO, of_github("repo:acme/orders:ref:refs/heads/main"), "by its name"),
    ("009", WARNING, of_kubernetes("/^system:serviceaccount:[^:]*:orders$"), "any namespace"),
    (
        "009",
        WARNING,
        of_kubernetes(
            "system:serviceaccount:shop:orders", "https://kubernetes.default.svc.cluster.local"
        ),
        "every Kubernetes cluster has by default",
    ),
    (
        "010",
        WARNING,
        situation(settings(host_rules=f"host all ops all password\n{BLOCK}"), WANTS_SSO_ONLY),
        "still lets users in by password: host all ops all password",
    ),
    ("010", WARNING, situation(None, WANTS_SSO_ONLY), "the built-in rules decide"),
    (
        "010",
        WARNING,
        situation(settings(host_rules=f"{BEGIN}\nhost all all all reject"), WANTS_SSO_ONLY),
        "lost one of the comments",
    ),
    (
        "011",
        ERROR,
        situation(settings(jwks=key_set({"kty": "oct", "kid": "s", "k": "c2VjcmV0"}))),
        "s is symmetric",
    ),
    (
        "011",
        ERROR,
        situation(settings(jwks=key_set({**ED, "kid": "p", "d": "c2VjcmV0"}))),
        "p is a private key",
    ),
    (
        "011",
        ERROR,
        situation(settings(jwks=key_set({"kty": "RSA", "kid": "r", "n": "-w", "e": "AQAB"}))),
        "r is weak: it has 8 bits",
    ),
    (
        "011",
        ERROR,
        situation(
            settings(
                jwks=key_set({"kty": "OKP", "crv": "Ed25519", "kid": "o", "x": "AQ" + "A" * 41})
            )
        ),
        "o is weak: its point has a small order",
    ),
    (
        "012",
        WARNING,
        situation(None, claim(Kind.KEY, "k1", text="{}", until_h=-5)),
        "Run `pulumi up` of org/shop/prod/sso.",
    ),
    (
        "013",
        INFO,
        situation(settings((f"{IDP} /^{LARGE}$ one", f"{IDP} b two"))),
        "too many lines, or too large expressions, to look at all",
    ),
    (
        "013",
        WARNING,
        situation(settings((f"{IDP} Ab one", f"{IDP} aB two")), version="26.1"),
        "logs in as",
    ),
    (
        "013",
        INFO,
        situation(settings((f"{IDP} Ab one", f"{IDP} aB two")), version="25.4"),
        "From CockroachDB 26.1 on",
    ),
    (
        "014",
        ERROR,
        situation(settings(group_sync="true", group_claim="teams")),
        "whose 'teams' names a group admin",
    ),
    (
        "015",
        INFO,
        situation(None, claim(Kind.ISSUER, IDP, days=40)),
        "Identity map lines that no stack has claimed since 2026-10-17",
    ),
]


@pytest.mark.parametrize(("id_", "severity", "given", "words"), FINDS)
def test_a_rule_finds(id_: str, severity: Severity, given: Situation, words: str) -> None:
    texts = [(one.severity, f"{one.sentence} {one.way_out}") for one in found(id_, given)]

    assert [said for how, said in texts if how is severity and words in said]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_all_severities_that_its_findings_have(rule: Rule) -> None:
    given = {severity for id_, severity, _, _ in FINDS if rule.id == f"CRDB-SSO-{id_}"}

    assert given == {rule.severity, rule.also} - {None}


FINDS_NOT = [
    ("001", situation(), "one issuer"),
    ("001", situation(settings(issuers=BOTH, auto_fetch="true")), "the nodes keep keys apart"),
    ("001", situation(settings(issuers=BOTH, jwks='{"keys":[]}')), "nothing is pinned"),
    ("002", with_audience("crdb-sso/shop/prod", PROD), "an audience of its own"),
    ("002", with_audience("shop", PROD, "org/stock/prod/sso"), "one environment"),
    ("003", of_google("/^118[0-9]+$"), "some accounts"),
    ("003", of_google("/@example[.]com$", claim="email"), "one company"),
    ("003", situation(settings((CLOSED,), (GOOGLE,))), "it matches nobody"),
    ("003", situation(settings((f"{IDP} /^.*$ app_orders",))), "not a public issuer"),
    ("003", situation(settings((f"{GOOGLE} /^.*$ app_orders",))), "it is not trusted"),
    ("004", situation(settings((ORDERS, f"{IDP} x app_orders"))), "one issuer"),
    ("004", situation(settings((ORDERS, f"{OTHER} x app_orders"))), "one is not trusted"),
    ("005", situation(), "a user without rights"),
    (
        "005",
        situation(settings((f"{IDP} x boss",)), users=BOSS, allowed=frozenset({"boss"})),
        "the login says so",
    ),
    (
        "005",
        situation(
            settings((f"{IDP} x boss",)),
            users={"boss": Account(may_login=False, rights=(MEMBER_OF_ADMIN,))},
        ),
        "NOLOGIN",
    ),
    ("006", situation(settings(issuers=BOTH)), "by `sub`"),
    ("006", situation(settings(claim="email")), "one issuer"),
    ("007", situation(settings(enabled="false")), "no token logs in"),
    ("008", situation(settings((CLOSED,), (GOOGLE,))), "closed"),
    ("008", situation(settings(()), claim(Kind.ISSUER, IDP)), "a stack says so"),
    ("009", of_github("/^repo:acme/orders:environment:prod$"), "one environment"),
    ("009", of_github("/^repo:acme.*$", claim="repository_owner_id"), "another claim"),
    ("009", of_kubernetes("system:serviceaccount:shop:orders"), "a cluster with its own issuer"),
    ("009", of_kubernetes("/^system:serviceaccount:shop:.*$"), "one namespace"),
    ("010", situation(settings(host_rules="host all all all password")), "nobody wants it"),
    ("010", situation(settings(host_rules=BLOCK), WANTS_SSO_ONLY), "all doors are closed"),
    (
        "010",
        situation(settings(host_rules=f"host all ops all cert\n{BLOCK}"), WANTS_SSO_ONLY),
        "by certificate",
    ),
    (
        "010",
        situation(
            settings(host_rules=f"host all root 10.0.0.0/8 cert-password\n{BLOCK}"), WANTS_SSO_ONLY
        ),
        "root has its own door anyway",
    ),
    ("011", situation(settings(jwks=key_set({**EC, "kid": "e"}, {**RSA, "kid": "r"}))), "strong"),
    (
        "011",
        situation(settings(jwks=key_set({"kty": "oct", "k": "c2VjcmV0"}))),
        "no token can select it",
    ),
    ("012", situation(None, claim(Kind.KEY, "k1", text="{}", until_h=5)), "still within its time"),
    ("012", situation(None, claim(Kind.KEY, "k2", text="{}", until_h=-5)), "it has gone"),
    ("012", situation(settings(custom_ca=CA, auto_fetch="true")), "it ends in 2126"),
    ("013", situation(settings((f"{IDP} a one", f"{IDP} b two"))), "they differ in more"),
    ("014", situation(), "off"),
    ("015", situation(None, claim(Kind.ISSUER, IDP, days=10)), "not for long"),
    ("015", situation(), "no stack looks after it"),
]


@pytest.mark.parametrize(
    ("id_", "given"), [pytest.param(i, g, id=f"{i} {why}") for i, g, why in FINDS_NOT]
)
def test_a_rule_does_not_find(id_: str, given: Situation) -> None:
    assert [one for one in found(id_, given) if one.severity is not INFO or id_ != "009"] == []
