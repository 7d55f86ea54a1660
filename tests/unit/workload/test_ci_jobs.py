"""CI jobs: GitHub Actions, GitLab, Buildkite, CircleCI."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crdb_sso.errors import TokenUnavailable
from crdb_sso.workload import tokens
from crdb_sso.workload.tokens.ci_jobs import variable_for
from tests.support.token_servers import JOB_TOKEN, TokenServer, busy, github_actions
from tests.unit.scripted_https_server import text
from tests.unit.workload.token_texts import NEVER_SHOWN, VirtualClock, jwt

CLOCK = VirtualClock()


def mint(audience: str) -> str:
    """Return a token that lives for five minutes, as GitHub's."""
    return jwt(aud=audience, exp=CLOCK() + 300)


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    with github_actions(mint) as server:
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{server.url}/token?api-version=2.0")
        monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", JOB_TOKEN)
        yield server


def test_a_github_job_asks_anew_when_its_five_minutes_are_nearly_over(github: TokenServer) -> None:
    source = tokens.github("crdb & co", clock=CLOCK)
    first = source.token()

    CLOCK.go_on(239)
    assert source.token() is first
    CLOCK.go_on(1)
    assert source.token().expires_at == CLOCK() + 300
    assert github.given == ["crdb & co", "crdb & co"]


def test_a_busy_github_is_asked_again(github: TokenServer) -> None:
    github.refusals.append(busy(1))

    assert tokens.github("crdb").token().value == mint("crdb")


def test_a_job_without_the_permission_is_told_to_add_it(
    github: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_URL")

    with pytest.raises(TokenUnavailable, match="ACTIONS_ID_TOKEN_REQUEST_URL is not set") as caught:
        tokens.github("crdb").token()

    assert "permissions: {id-token: write}" in caught.value.hint
    assert github.given == []


def test_what_github_refuses_is_said_without_a_secret(
    github: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    github.refusals.append(text(f'{{"message":"{JOB_TOKEN} is over, {jwt()}"}}', 403))

    with pytest.raises(TokenUnavailable, match="code=403") as caught:
        tokens.github("crdb").token()

    assert JOB_TOKEN not in str(caught.value)
    assert NEVER_SHOWN not in str(caught.value)
    assert caught.value.__cause__ is None
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of-another-job")
    with pytest.raises(TokenUnavailable, match="code=401"):
        tokens.github("crdb").token()


@pytest.mark.parametrize(
    ("audience", "variable"),
    [
        ("crdb", "CRDB_ID_TOKEN"),
        ("https://crdb.example.com", "HTTPS___CRDB_EXAMPLE_COM_ID_TOKEN"),
        ("crdb-sso/shop/prod", "CRDB_SSO_SHOP_PROD_ID_TOKEN"),
        ("1st", "_ST_ID_TOKEN"),
    ],
)
def test_a_gitlab_job_has_its_token_in_a_variable_named_after_the_audience(
    monkeypatch: pytest.MonkeyPatch, audience: str, variable: str
) -> None:
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv(variable, mint(audience))

    assert variable_for(audience) == variable
    assert tokens.gitlab(audience, clock=CLOCK).token().value == mint(audience)


def test_the_variable_of_a_gitlab_job_may_have_another_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("DATABASE_TOKEN", mint("crdb"))
    source = tokens.gitlab("crdb", variable="DATABASE_TOKEN", clock=CLOCK)

    assert source.token().value == mint("crdb")
    CLOCK.go_on(400)
    with pytest.raises(TokenUnavailable, match="expired") as caught:
        source.token()
    assert "once for each job" in caught.value.hint
    monkeypatch.delenv("DATABASE_TOKEN")
    with pytest.raises(TokenUnavailable, match="DATABASE_TOKEN is not set") as caught:
        source.token()
    assert "id_tokens" in caught.value.hint


PROGRAM = """\
#!/bin/sh
test "$*" = '{arguments}' || {{ echo "no such arguments: $*; {token}" >&2; exit 3; }}
echo {token}
"""


@pytest.mark.parametrize(
    ("make", "program", "arguments"),
    [
        (tokens.buildkite, "buildkite-agent", "oidc request-token --audience https://crdb"),
        (
            tokens.circleci,
            "circleci",
            'run oidc get --claims {"aud": "https://crdb"} --root-issuer',
        ),
    ],
)
def test_other_jobs_ask_by_the_program_of_their_runner(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: type[tokens.buildkite | tokens.circleci],
    program: str,
    arguments: str,
) -> None:
    file = tmp_path / program
    file.write_text(PROGRAM.format(arguments=arguments, token=mint("https://crdb")))
    file.chmod(0o755)
    monkeypatch.setenv("BUILDKITE", "true")
    monkeypatch.setenv("CIRCLECI", "true")

    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(TokenUnavailable, match="can't be started: No such file"):
        make("https://crdb").token()
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert make("https://crdb", clock=CLOCK).token().value == mint("https://crdb")
    with pytest.raises(TokenUnavailable, match=r"ended with 3: no such arguments") as caught:
        make("other").token()
    assert NEVER_SHOWN not in str(caught.value)


@pytest.mark.parametrize("make", [tokens.github, tokens.gitlab, tokens.buildkite, tokens.circleci])
def test_a_source_outside_of_its_place_says_so_and_takes_no_other(
    github: TokenServer,
    monkeypatch: pytest.MonkeyPatch,
    make: type[tokens.github | tokens.gitlab | tokens.buildkite | tokens.circleci],
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS")

    with pytest.raises(TokenUnavailable, match=r"this is not a job of .*: .* is not set"):
        make("crdb").token()

    assert github.given == []
