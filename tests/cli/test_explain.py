"""`crdb-sso explain`: a login is judged as the cluster judges it, and no token is printed."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crdb_sso.cli import main
from tests.cli.test_cli import crdb_sso
from tests.emulator.token_forge import rsa_pair
from tests.support.provider_calls import AUDIENCE, ISSUER, OWNER, create, identity, wish
from tests.support.servers import EmbeddedCluster

USER = "app_orders"
VIEWER = "viewer"
COMMAND = ("explain", "--user", USER, "--token-from", "env:TOKEN")


def minted(**claims: Any) -> str:
    now = int(time.time())
    said = {"iss": ISSUER, "sub": "o-1", "aud": AUDIENCE, "exp": now + 600, "iat": now - 5}
    return rsa_pair().token({**said, **claims})


def trusting(cluster: EmbeddedCluster, *, licence: str = "crl-0-licence") -> dict[str, Any]:
    """Bring up a stack whose issuer signs with our key; early versions ask for a licence."""
    cluster.set("enterprise.license", licence)
    key = json.dumps(rsa_pair().jwk(alg="RS256", use="sig"))
    logins = {USER: {"identities": {"orders": identity("o-1")}}}
    sources = {"idp": {"issuer": ISSUER, "keys": {"k": key}}}
    return create(wish(cluster, sources=sources, logins=logins))


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the token that the command finds."""

    def put(**claims: Any) -> str:
        text = minted(**claims)
        monkeypatch.setenv("TOKEN", text)
        return text

    return put


# with a token


def test_a_login_that_works_has_a_line_for_each_check(cluster: EmbeddedCluster, token: Any) -> None:
    trusting(cluster)
    sent = token()

    code, printed, aside = crdb_sso(*COMMAND)

    assert (code, aside) == (0, "")
    lines = [line.strip() for line in printed.splitlines()]
    assert lines[0].startswith(f"login of {USER}, judged by CockroachDB ")
    assert 'claim sub: "o-1"' in lines
    assert sum(line.startswith("ok ") for line in lines) == len(lines) - lines.index("") - 5
    assert lines[-1] == f"{USER} gets in."
    assert [line.split() for line in lines if "  signature" in line] == [
        ["ok", "signature", "valid"]
    ]
    assert_hidden(sent, printed)
    assert cluster.login(USER, sent) == USER


@pytest.mark.holds(before="25.4")  # from then on the identity map comes first
def test_a_refused_login_is_told_with_near_miss_and_fix(
    cluster: EmbeddedCluster, token: Any
) -> None:
    trusting(cluster)
    sent = token(iss=f"{ISSUER}/")

    code, printed, _ = crdb_sso(*COMMAND)

    assert code == 6
    told = printed.partition(f"The login of {USER} ")[2].splitlines()
    assert told[:4] == [
        "is refused at: issuer",
        f"  expected:  '{ISSUER}'",
        f"  seen:      '{ISSUER}/'",
        f"  near miss: the same issuer without a slash at its end is trusted: {ISSUER}",
    ]
    assert told[4].startswith("  what to do: Give the issuer exactly as in the token, ")
    assert told[5:] == [
        (
            "  the client is told: JWT authentication: invalid issuer,"
            f" DETAIL: token issued by {ISSUER}/ (SQLSTATE 28000)"
        ),
        "  what the server's words mean: docs/login-errors.md",
    ]
    assert_hidden(sent, printed)


def test_as_json_it_is_one_value(cluster: EmbeddedCluster, token: Any) -> None:
    trusting(cluster)
    sent = token(aud="other")

    code, printed, _ = crdb_sso(*COMMAND, "--json")

    found = json.loads(printed)
    assert code == 6
    assert (found["user"], found["outcome"], found["refused_at"]) == (USER, "refused", "audience")
    assert found["error"] == {
        "message": "JWT authentication: invalid audience",
        "detail": "token issued with an audience of [other]",
        "sqlstate": "28000",
        "is_exact": True,
    }
    assert found["token"]["length"] == len(sent)
    assert found["token"]["kid"] == "k"
    failed = [check for check in found["checks"] if check["result"] != "passed"]
    assert failed == [
        {"name": "audience", "result": "failed", "expected": "'crdb'", "seen": "'other'"}
    ]
    assert_hidden(sent, printed)


def test_a_token_comes_from_a_file_from_a_command_or_from_standard_input(
    cluster: EmbeddedCluster, tmp_path: Path
) -> None:
    trusting(cluster)
    file = tmp_path / "to ken"
    file.write_text(f"{minted()}\n")
    quoted = f"command:cat '{file}'"

    by_file = crdb_sso("explain", "--user", USER, "--token-file", str(file))
    by_command = crdb_sso("explain", "--user", USER, "--token-from", quoted)
    by_input = crdb_sso("explain", "--user", USER, "-", said=file.read_text())

    assert [by_file[0], by_command[0], by_input[0]] == [0, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("explain", "--user", USER), "give one place where the token is"),
        (("explain", "-"), "no SQL user is given"),
        (("explain", "--user", USER, "eyJhbGciOiJub25lIn0.e30."), "give one place"),
        (("explain", "--user", USER, "-", "--token-from", "env:X"), "give one place"),
        (("explain", "--user", USER, "--token-from", "env:UNSET_X"), "is not set"),
        (("explain", "--user", USER, "--token-from", "eyJhbGciOiJub25lIn0.e30."), "does not name"),
        (("explain", "--user", USER, "--token-from", "command:false"), "ended with 1"),
        (("explain", "--user", USER, "--token-from", "command:/no/such"), "can't be started"),
        (("explain", "--user", USER, "--token-from", "command:'"), "can't be started"),
        (("explain", "--user", USER, "--token-file", "/no/such"), "can't read the token file"),
        (("explain", "--stack", OWNER, "--user", USER), "--stack judges without a token"),
        (("explain", "--stack", OWNER, "--audience", "x"), "--stack judges without a token"),
        (("explain", "--stack", OWNER, "--token-option", "a=b"), "--stack judges without a token"),
        (("explain", "--user", USER, "-", "--audience", "x"), "--audience is for a source"),
        (
            ("explain", "--user", USER, "--token-file", "t", "--token-option", "a=b"),
            "--token-option is for a source",
        ),
        (
            ("explain", "--user", USER, "--token-from", "env:X", "--audience", "x"),
            "--audience is for a source",
        ),
    ],
)
def test_wrong_arguments_are_named_and_not_repeated(
    capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...], complaint: str
) -> None:
    assert main(arguments) == 2
    told = capfd.readouterr().err
    assert complaint in told
    assert "eyJ" not in told


# what an operator may see


@pytest.fixture
def viewer(cluster: EmbeddedCluster) -> str:
    """The URL of an operator who may list settings and nothing else."""
    cluster.execute(f"CREATE USER {VIEWER} WITH PASSWORD 'only-in-tests'")
    cluster.execute(f"GRANT SYSTEM VIEWCLUSTERSETTING TO {VIEWER}")
    return cluster.admin_url.replace("//root@", f"//{VIEWER}:only-in-tests@").split("&sslcert=")[0]


@pytest.mark.holds(since="22.2")
def test_viewclustersetting_alone_is_enough(
    cluster: EmbeddedCluster, viewer: str, token: Any
) -> None:
    trusting(cluster)
    token()

    assert crdb_sso(*COMMAND, "--cluster-url", viewer)[0] == 0


@pytest.mark.holds(since="24.3")
def test_what_is_hidden_is_said(
    cluster: EmbeddedCluster, viewer: str, token: Any, redact: Callable[[], None]
) -> None:
    trusting(cluster)
    redact()
    token()

    code, printed, _ = crdb_sso(*COMMAND, "--cluster-url", viewer)

    assert code == 7
    assert "the identity map is hidden from this operator" in printed
    assert "Nothing fails, as far as can be seen from here" in printed


# without a token


def test_a_stack_is_judged_login_by_login(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))
    cluster.execute("ALTER USER app_billing NOLOGIN")

    code, printed, _ = crdb_sso("explain", "--stack", OWNER)

    assert code == 6
    lines = printed.splitlines()
    assert f"app_orders: {ISSUER} subject o-1 (audience crdb)" in lines
    assert "  nothing fails; not looked at: token sent, token form, key, signature," in printed
    assert "The login of app_billing is refused at: login privilege" in lines


def test_a_stack_at_which_nothing_fails_ends_with_0(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))

    code, printed, _ = crdb_sso("explain", "--stack", OWNER, "--json")

    found = json.loads(printed)
    assert code == 0
    assert [(one["user"], one["outcome"]) for one in found["logins"]] == [
        ("app_billing", "undecided"),
        ("app_orders", "undecided"),
    ]


def test_an_unknown_stack_is_refused_with_those_that_are_known(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))

    code, _, told = crdb_sso("explain", "--stack", "org/typo/dev/sso")

    assert code == 1
    assert f"Owners that have: {OWNER}." in told


# by a stack's output, without a cluster


def test_an_output_needs_no_cluster(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, token: Any
) -> None:
    monkeypatch.delenv("CRDB_SSO_CLUSTER_URL", raising=False)
    output = tmp_path / "connect.json"
    output.write_text(json.dumps({USER: {"url": "x", "issuer": ISSUER, "audience": AUDIENCE}}))

    token()
    good = crdb_sso(*COMMAND, "--connect", str(output))
    token(aud="x")
    bad = crdb_sso(*COMMAND, "--connect", str(output))

    assert "This version" not in bad[1]
    assert (good[0], bad[0]) == (7, 6)
    assert "not known: the cluster was not asked" in good[1]
    assert "Get a token with the audience 'crdb'." in bad[1]


def test_a_source_of_workloads_is_asked_for_the_audience_of_the_output(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    output = tmp_path / "connect.json"
    output.write_text(json.dumps({USER: {"url": "x", "issuer": ISSUER, "audience": AUDIENCE}}))
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("CRDB_ID_TOKEN", minted())  # AUDIENCE is crdb
    monkeypatch.setenv("OTHER_ID_TOKEN", minted(aud="other"))
    command = ("explain", "--user", USER, "--token-from", "gitlab", "--connect", str(output))

    assert crdb_sso(*command)[0] == 7
    assert crdb_sso(*command, "--audience", "other")[0] == 6
    as_it_is = ("--token-from", "env:OTHER_ID_TOKEN", "--connect", str(output))
    assert crdb_sso("explain", "--user", USER, *as_it_is)[0] == 6
    monkeypatch.delenv("CRDB_ID_TOKEN")
    code, _, told = crdb_sso(*command)
    assert code == 1
    assert "CRDB_ID_TOKEN is not set" in told


def assert_hidden(token: str, printed: str) -> None:
    """Check that neither the token nor its signature is in an output."""
    assert token not in printed
    assert token.rpartition(".")[2] not in printed
