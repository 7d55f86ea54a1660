"""A cluster as people have it: stacks, hands, an issuer without lines; what its page shows."""

import json
from datetime import datetime, timezone

from crdb_sso.crdb.privileges import MEMBER_OF_ADMIN, Privilege
from crdb_sso.pages.access_page import access_page
from crdb_sso.pages.remarks import Remark
from crdb_sso.registry.claims import Claim, Entry, Kind, Registry
from crdb_sso.verdict.access.narrowing import About
from crdb_sso.verdict.access.views import AccessView, Account
from crdb_sso.verdict.access.ways_in import ways_in
from crdb_sso.verdict.cluster.views import ClusterView

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=timezone.utc)
GOOGLE = "https://accounts.google.com"
ENTRA = "https://login.microsoftonline.com/3f2504e0-4f89-11d3-9a0c-0305e82c3301/v2.0"
GITHUB = "https://token.actions.githubusercontent.com"
CORP = "https://idp.example.com"
SHOP, DATA = "acme/shop/prod/sso", "acme/data/prod/sso"
LINES = (
    f"{GOOGLE} 113794436627259432046 app_orders",
    f"{GOOGLE} 108204268033311374519 app_billing",
    f"{ENTRA} 7d1f8b7e-2f0a-4f1b-9f43-0f3f6f2f9b1c app_orders",
    f"{ENTRA} 0b6e8a52-8a34-4c39-a5d5-1f8f3a4d7c55 etl_nightly",
    rf"{GITHUB} /^repo:acme\/shop:ref:refs\/heads\/.*$ deployer",
    rf"{CORP} /^(.*)@example\.com$ \1",
    "https://idp.example.com/ legacy-batch reports",
    f"{CORP} night-shift retired_app",
)
SETTINGS = {
    "server.jwt_authentication.enabled": "true",
    "server.jwt_authentication.issuers.configuration": json.dumps([GOOGLE, ENTRA, GITHUB, CORP]),
    "server.jwt_authentication.jwks": '{"keys":[]}',
    "server.jwt_authentication.jwks_auto_fetch.enabled": "true",
    "server.jwt_authentication.claim": "",
    "server.identity_map.configuration": "\n".join(LINES),
}


def login(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, 12, tzinfo=timezone.utc)


ACCOUNTS = {
    "app_orders": Account(
        may_login=True, roles=frozenset({"orders_rw"}), rights=(), last_login=login(26, 9)
    ),
    "app_billing": Account(
        may_login=True, roles=frozenset({"billing_rw"}), rights=(), last_login=login(25, 23)
    ),
    "etl_nightly": Account(
        may_login=True,
        roles=frozenset({"orders_ro", "billing_ro"}),
        rights=(Privilege("CONTROLJOB"),),
        last_login=login(26, 2),
    ),
    "deployer": Account(
        may_login=True,
        roles=frozenset({"admin"}),
        rights=(MEMBER_OF_ADMIN,),
        last_login=login(24, 16),
    ),
    "kim": Account(
        may_login=True,
        roles=frozenset({"readers"}),
        rights=(),
        last_login=login(20, 8),
        provision_source=f"jwt_token:{CORP}",
    ),
    "reports": Account(may_login=True, roles=frozenset({"readers"}), rights=()),
    "retired_app": Account(may_login=False, roles=frozenset(), rights=()),
    "root": Account(may_login=True, roles=frozenset({"admin"}), rights=(MEMBER_OF_ADMIN,)),
}


def claims() -> tuple[Claim, ...]:
    made = [(SHOP, LINES[0]), (SHOP, LINES[1]), (SHOP, LINES[2]), (DATA, LINES[3])]
    of_lines = [Claim(Entry(Kind.LINE, line), owner, line, found=False) for owner, line in made]
    users = [(SHOP, "app_orders"), (SHOP, "app_billing"), (DATA, "etl_nightly")]
    return (
        *of_lines,
        *(Claim(Entry(Kind.USER, user), owner, "LOGIN", found=False) for owner, user in users),
    )


REMARKS = (
    Remark(
        "CRDB-SSO-005",
        "warning",
        "Tokens of 2 issuers log in as app_orders.",
        "Give each workload a SQL user of its own.",
        (Entry(Kind.USER, "app_orders"),),
    ),
    Remark(
        "CRDB-SSO-006",
        "error",
        "Whoever pushes a branch of acme/shop becomes deployer, who may do everything.",
        "Name one environment in the expression, and take admin from deployer.",
        (Entry(Kind.LINE, LINES[4]),),
    ),
)


def view(**changes: str) -> AccessView:
    cluster = ClusterView("25.4", SETTINGS | changes, {})
    return AccessView(cluster, ACCOUNTS, Registry("id", claims()))


def page() -> str:
    seen = view()
    return access_page(seen, ways_in(seen), About(), now=NOW, remarks=REMARKS)


if __name__ == "__main__":
    print(page())  # noqa: T201 - `python -m tests.unit.pages.sample_access > page.html`
