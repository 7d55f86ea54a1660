"""`crdb-sso token`: what is in a token, offline."""

import io
import json
from pathlib import Path

import pytest

from crdb_sso.cli import main
from tests.emulator.token_forge import rsa_pair

CLAIMS = {"iss": "https://idp.example.com", "sub": "o-1\x1b[2J", "aud": "crdb", "exp": 4102444800}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(rsa_pair().token(CLAIMS) + "\n")
    return path


def test_header_claims_and_end_are_shown_and_nothing_else(
    file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["token", str(file)]) == 0

    printed = capfd.readouterr().out
    assert '  claim sub: "o-1\\u001b[2J"' in printed.splitlines()
    assert "  valid until 2100-01-01 00:00:00 +0000 UTC: ends " in printed
    assert file.read_text().strip().rpartition(".")[2] not in printed


def test_it_is_read_from_a_variable_a_command_and_standard_input(
    file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOKEN", file.read_text())
    monkeypatch.setattr("sys.stdin", io.StringIO(file.read_text()))

    codes = [
        main(["token", "--json", *where])
        for where in (["--from", "env:TOKEN"], ["--from", f"command:cat {file}"], ["-"])
    ]

    printed = capfd.readouterr().out
    assert codes == [0, 0, 0]
    first, *others = printed.strip().split("\n}\n{")
    found = json.loads(f"{first}\n}}")
    assert len(others) == 2
    assert found == {
        "length": len(file.read_text().strip()),
        "signed": True,
        "kid": "k",
        "headers": [{"alg": "RS256", "kid": "k"}],
        "claims": {**CLAIMS, "aud": ["crdb"]},
        "issued_at": "",
        "not_before": "",
        "expires_at": "2100-01-01T00:00:00+00:00",
    }


def test_it_is_asked_for_as_a_workload_does(
    file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("CRDB_ID_TOKEN", file.read_text())
    monkeypatch.setenv("OTHER", file.read_text())

    assert main(["token", "--token-from", "gitlab", "--audience", "crdb"]) == 0
    assert main(["token", "--token-from", "gitlab:OTHER", "--audience", "x"]) == 0
    assert main(["token", "--from", "gitlab", "--token-option", "variable=OTHER"]) == 2
    assert main(["token", "--from", f"kubernetes:{file}"]) == 0
    printed = capfd.readouterr()
    assert printed.out.count('claim aud: "crdb"') + printed.out.count('claim aud: ["crdb"]') == 3
    assert "gitlab needs `audience`" in printed.err
    assert main(["token", "--from", "vault:x"]) == 2
    assert "Or name one of gcp, azure" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("hunter2hunter2", "14 characters that are not a token: it has 1 part between dots"),
        ("", "0 characters that are not a token"),
        ("x" * 1_000_001, "holds far more than a token"),
    ],
)
def test_what_is_not_a_token_is_not_repeated(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str, complaint: str
) -> None:
    file = tmp_path / "t"
    file.write_text(text)

    assert main(["token", str(file)]) == 2

    told = capfd.readouterr().err
    assert complaint in told
    assert not text or text not in told


def test_what_to_do_is_what_this_command_takes(capfd: pytest.CaptureFixture[str]) -> None:
    for where in (["absent"], ["--from", "file:absent"], ["--from", "nowhere"], []):
        assert main(["token", *where]) == 2

        told = capfd.readouterr().err
        assert "Give crdb-sso token FILE, --token-from env:NAME" in told
        assert "--token-file" not in told


def test_a_variable_is_named_unless_it_may_be_a_token(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert main(["token", "--from", "env:CRDB_ABSENT"]) == 2
    assert "the variable CRDB_ABSENT is not set" in capfd.readouterr().err
    for pasted in ("eyJhbGciOiJub25lIn0", "a.b", "X" * 61):
        assert main(["token", "--from", f"env:{pasted}"]) == 2
        told = capfd.readouterr().err
        assert "the variable of the token is not set" in told
        assert pasted not in told


@pytest.mark.parametrize(
    ("answer", "near"),
    [
        (
            {"access_token": "x", "expires_in": 5},
            "it is the answer of a token endpoint; the token is its member `access_token`, e.g. jq",
        ),
        ({"iss": "x"}, ""),
    ],
)
def test_the_answer_of_a_token_endpoint_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], answer: dict[str, object], near: str
) -> None:
    file = tmp_path / "t"
    file.write_text(json.dumps(answer))

    main(["token", str(file)])

    printed = capfd.readouterr().out
    assert near in printed
    assert bool(near) is ("  near miss: " in printed)


def test_one_place_has_to_be_given(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["token"]) == 2
    assert main(["token", "-", "--from", "env:X"]) == 2
    assert "give one place where the token is" in capfd.readouterr().err


@pytest.mark.parametrize("option", [("--audience", "crdb"), ("--token-option", "path=x")])
@pytest.mark.parametrize(
    "where",
    [
        ("FILE",),
        ("-",),
        ("--from", "env:TOKEN"),
        ("--from", "environment:TOKEN"),
        ("--from", "file:FILE"),
        ("--from", "command:cat FILE"),
    ],
    ids=" ".join,
)
def test_nothing_is_asked_of_a_token_that_is_taken_as_it_is(
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    where: tuple[str, ...],
    option: tuple[str, str],
) -> None:
    monkeypatch.setenv("TOKEN", file.read_text())
    monkeypatch.setattr("sys.stdin", io.StringIO(file.read_text()))

    assert main(["token", *(word.replace("FILE", str(file)) for word in where), *option]) == 2

    printed = capfd.readouterr()
    assert f"{option[0]} is for a source that is asked for a token" in printed.err
    assert printed.out == ""


def test_the_file_of_a_pod_takes_its_path_but_no_audience(
    file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["token", "--from", "kubernetes", "--token-option", f"path={file}"]) == 0
    assert main(["token", "--from", f"kubernetes:{file}", "--audience", "crdb"]) == 2
    assert "--audience is for a source that is asked" in capfd.readouterr().err
