"""From 25.4 on a login with a token is judged by whom the token names first, unverified.

Generated settings and tokens, over the wire, against a reading of the sources by hand.
"""

from __future__ import annotations

import json
import re
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from tests.contract.raw_login import Address, knock
from tests.emulator.embedded import rows, running
from tests.emulator.login.identity_first import (
    Outcome,
    Release,
    all_rows,
    issuer_of,
    last_row,
    reading,
    written,
)
from tests.emulator.login.spoilt_logins import BY_VERSION, CASES, ONE_PER_ROW, SOMEBODY, Case
from tests.emulator.token_forge import CLAIMS, NOW, b64, jwks, other_rsa_pair, rsa_pair
from tests.support.versions import parsed
from tests.unit.scripted_https_server import http_server, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.raw_login import Answer
    from tests.emulator.embedded import Connection
    from tests.unit.scripted_https_server import HttpsServer

JWT = "server.jwt_authentication."
WELL_KNOWN = "/.well-known/openid-configuration"
FAR = 4_000_000_000
KEYS = {
    "right": jwks(rsa_pair().jwk(alg="RS256")),
    "wrong": jwks(other_rsa_pair().jwk(alg="RS256")),
    "none": jwks(),
}


def token_of(case: Case, ours: str) -> bytes:
    """Return what the client sends."""
    texts = {"empty": "", "word": "abc", "not text": f"{b64(bytes([0xFF]))}.e30.eA"}
    if case.form in texts:
        return texts[case.form].encode()
    by_email: dict[str, dict[str, Any]] = {
        "no e-mail": {},
        "nobody": {"email": []},
        "somebody": {"email": written(case, SOMEBODY)},
    }
    itself = written(case, case.user)
    subject = {"nobody": None, "somebody": written(case, SOMEBODY)}.get(case.principal, itself)
    claims = CLAIMS | {
        "iss": issuer_of(case, ours) or None,
        "sub": subject,
        **by_email.get(case.principal, {"email": itself}),
        "groups": ["readers"] if case.groups == "one" else [],
        "exp": NOW if case.time == "past" else FAR,
        "iat": FAR if case.time == "early" else NOW,
        "jti": 5 if case.form == "no claims" else "x",
    }
    signed = (other_rsa_pair() if case.signer == "other" else rsa_pair()).token(claims)
    return (signed if case.signer != "nobody" else f"{signed.rpartition('.')[0]}.").encode()


def settings_of(case: Case, ours: str) -> dict[str, str | bool]:
    """Return the settings of the cluster, by name."""
    issuers = {"ours": ours, "other": "https://other.example", "none": ""}[case.issuers]
    line = {
        "none": "",
        "own": f"{ours} {case.user} {case.user}",
        "somebody": f"{ours} {SOMEBODY} {case.user}",
        "elsewhere": f"{ours} {case.user} another",
    }[case.lines]
    unused = KEYS["right" if case.keys != "right" else "wrong"]
    return {
        f"{JWT}enabled": case.enabled,
        f"{JWT}issuers.configuration": issuers,
        f"{JWT}audience": "crdb" if case.audience else "elsewhere",
        f"{JWT}claim": case.claim,
        f"{JWT}jwks": unused if case.fetched else KEYS.get(case.keys, KEYS["none"]),
        f"{JWT}jwks_auto_fetch.enabled": case.fetched,
        f"{JWT}authorization.enabled": case.group_sync,
        "security.provisioning.jwt.enabled": case.provisioning,
        "server.identity_map.configuration": line,
    }


@dataclass
class World:
    """A cluster, and the issuer that it may ask for keys."""

    root: Connection
    address: Address
    issuer: HttpsServer
    release: Release
    found: dict[str, str | bool] = field(default_factory=dict)

    def outcome(self, case: Case) -> tuple[Answer, bool, int]:
        """Return the answer, whether there is a new user, and how often keys were fetched."""
        for name, value in settings_of(case, self.issuer.url).items():
            if self.found.get(name) != value:
                self.root.execute(f"SET CLUSTER SETTING {name} = %s".encode(), [value])
                self.found[name] = value
        published = KEYS.get(case.keys, "<p>")
        self.issuer.answers["/keys"] = text(published, 500 if case.status == "no keys" else 200)
        found = json.dumps({"jwks_uri": f"{self.issuer.url}/keys"})
        self.issuer.answers[WELL_KNOWN] = text(found, 404 if case.status == "no discovery" else 200)
        self.issuer.asked.clear()
        start = {"user": case.user, "options": "--crdb:jwt_auth_enabled=true"}
        answer = knock(self.address, start, token_of(case, self.issuer.url))
        fetches = self.issuer.asked.count(WELL_KNOWN)
        if case.user != "missing":
            return answer, False, fetches
        there = rows(self.root, "SELECT username FROM [SHOW USERS] WHERE username = 'missing'")
        if there:
            self.root.execute(b"DROP USER missing")
        return answer, bool(there), fetches


@pytest.fixture(scope="module", params=["25.4", "26.2", "26.4"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    logged = r"dev\.emulator: login of \w+: unable to fetch jwks: .+"
    folder = tmp_path_factory.mktemp("cluster")
    with (
        http_server() as issuer,
        running(folder, "--version", request.param, says=logged) as cluster,
        cluster.connect() as root,
    ):
        for statement in ("CREATE USER there", "CREATE USER shut NOLOGIN", "CREATE ROLE readers"):
            root.execute(statement.encode())
        tls = ssl.create_default_context(cafile=cluster.ready["ca_cert"])
        address = Address("localhost", cluster.ready["port"], tls)
        yield World(root, address, issuer, parsed(request.param))


def check(world: World, case: Case) -> None:
    expected = reading(case, world.issuer.url, world.release)
    answer, made, fetches = world.outcome(case)
    assert Outcome(expected.told, made, fetches) == expected
    if expected.told is None:
        assert answer.admitted, answer.fields
        return
    wanted = expected.told
    assert (answer.sqlstate, answer.hint, answer.asked) == (wanted.sqlstate, None, 3)
    assert re.fullmatch(wanted.message, answer.message or ""), answer.message
    assert re.fullmatch(wanted.detail, answer.detail or ""), answer.detail


def test_every_row_has_a_login_that_ends_there() -> None:
    assert list(ONE_PER_ROW) == all_rows()


@pytest.mark.parametrize("row", ONE_PER_ROW)
def test_a_login_ends_at_its_row(world: World, row: str) -> None:
    assert last_row(ONE_PER_ROW[row], world.issuer.url, world.release) == row
    check(world, ONE_PER_ROW[row])


@pytest.mark.parametrize("case", BY_VERSION, ids=["own", "elsewhere", "discovery", "keys"])
def test_a_login_ends_as_its_version_says(world: World, case: Case) -> None:
    check(world, case)


@settings(max_examples=60)
@given(case=CASES)
def test_a_login_ends_as_the_sources_read(world: World, case: Case) -> None:
    check(world, case)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        pytest.param(Case(), Outcome(None, makes_user=False, fetches=0), id="all is well"),
        pytest.param(
            Case(fetched=True), Outcome(None, makes_user=False, fetches=1), id="one fetch"
        ),
        pytest.param(
            Case(user="missing", provisioning=True, fetched=True),
            Outcome(None, makes_user=True, fetches=2),
            id="two, and a user",
        ),
    ],
)
def test_the_reading_and_the_cluster_agree_on_who_gets_in(
    world: World, case: Case, expected: Outcome
) -> None:
    assert reading(case, world.issuer.url, world.release) == expected
    check(world, case)
