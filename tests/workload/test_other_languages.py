"""The programs in examples/workloads log in, each connection with the token that is there then."""

import json
from pathlib import Path

import pytest

from tests.support.servers import PROJECT
from tests.support.shared_folder import made_once
from tests.workload.language_programs import LANGUAGES, Language, NotHere, build, running
from tests.workload.trusted_issuer import USER, Trusted

WHO = "SELECT current_user"


@pytest.fixture(params=LANGUAGES, ids=lambda language: language.folder)
def language(request: pytest.FixtureRequest) -> Language:
    named: Language = request.param
    return named


@pytest.fixture
def built(language: Language) -> Path:
    """The folder in which the program of a language was built, once a run."""
    try:
        return made_once(f"program-{language.folder}", lambda folder: build(language, folder))
    except NotHere as reason:
        pytest.skip(str(reason))


@pytest.mark.timeout(600)  # the first build gets packages, and compiles them
def test_each_new_connection_logs_in_with_the_token_that_is_there_then(
    language: Language, built: Path, trusted: Trusted, tmp_path: Path
) -> None:
    connect, token = tmp_path / "connect.json", tmp_path / "token"
    connect.write_text(json.dumps(trusted.connect))
    token.write_text(trusted.expired())
    environment = {
        "CRDB_SSO_CONNECT": str(connect),
        "CRDB_TOKEN_FILE": str(token),
        "PYTHONPATH": str(PROJECT),  # instead of the installation that a page begins with
    }

    with running(language, built, environment) as program:
        program.ask(WHO)
        for text in language.on_expiry:
            program.told(text)

        token.write_text(f"{trusted.token()}\n")
        program.ask(WHO)
        program.answered(USER)

        token.write_text(trusted.foreign())
        trusted.end_sessions()
        program.ask(WHO)  # may be told that its connection was closed
        program.ask(WHO)
        program.told("JWT authentication: invalid principal")
        program.told("DETAIL: ")

        token.write_text(trusted.token())
        program.ask(WHO)
        program.answered(USER)

    assert trusted.is_silent(program.said)
