"""Tokens in files and variables, and those that commands print."""

import asyncio
import sys
from pathlib import Path

import pytest

from crdb_sso.errors import InvalidInput, TokenUnavailable
from crdb_sso.workload import tokens
from tests.unit.workload.token_texts import NEVER_SHOWN, VirtualClock, jwt


@pytest.mark.parametrize("make", [tokens.file, tokens.kubernetes])
def test_a_file_is_read_at_each_connection(
    tmp_path: Path, make: type[tokens.file | tokens.kubernetes]
) -> None:
    file = tmp_path / "token"
    source = make(file)

    for number in range(3):
        file.write_text(f"{jwt(exp=4e9, jti=number)}\n")
        assert source.token().value == jwt(exp=4e9, jti=number)
        assert asyncio.run(source.token_async()).value == jwt(exp=4e9, jti=number)


def test_a_projected_volume_is_followed_when_the_kubelet_swaps_its_link(tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / f"..data{number}").mkdir()
        (tmp_path / f"..data{number}" / "token").write_text(jwt(exp=4e9, jti=number))
    (tmp_path / "..data").symlink_to("..data0")
    (tmp_path / "token").symlink_to("..data/token")
    source = tokens.kubernetes(tmp_path / "token")

    assert source.token().value == jwt(exp=4e9, jti=0)
    (tmp_path / "..new").symlink_to("..data1")
    (tmp_path / "..new").replace(tmp_path / "..data")
    assert source.token().value == jwt(exp=4e9, jti=1)


def test_a_file_that_nobody_renews_any_more_is_named(tmp_path: Path) -> None:
    clock = VirtualClock()
    file = tmp_path / "token"
    file.write_text(jwt(exp=clock() + 5))
    source = tokens.file(file, clock=clock)
    source.token()
    clock.go_on(8)

    with pytest.raises(TokenUnavailable, match="expired 3 s ago") as caught:
        source.token()

    assert str(file) in str(caught.value)
    assert "crdb-sso token-file" in caught.value.hint
    assert NEVER_SHOWN not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "can't read it: No such file", id="missing"),
        pytest.param(b"", "got nothing instead of a token", id="empty"),
        pytest.param(b"\xff\xfe", "characters that no token has", id="binary"),
        pytest.param(b"a" * 70_000, "too large", id="something else"),
    ],
)
def test_a_file_without_a_token_is_an_error_that_names_it(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(TokenUnavailable, match=reason) as caught:
        tokens.file(file).token()

    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(tokens.file("a\0b"), id="a file"),
        pytest.param(tokens.file("a\ud800"), id="a file named by half a character"),
        pytest.param(tokens.environment("a\ud800"), id="a variable"),
        pytest.param(tokens.command("a\0b"), id="a command"),
        pytest.param(tokens.command("a\ud800"), id="a command named by half a character"),
        pytest.param(tokens.self_signed("i", "s", "a", key_file="a\0b"), id="a key file"),
        pytest.param(tokens.self_signed("i", "s", "a", key_env="\ud800"), id="a key variable"),
    ],
)
def test_a_name_that_nothing_can_have_is_an_error_that_says_so(source: tokens.Source) -> None:
    with pytest.raises(TokenUnavailable):
        source.token()


def test_kubernetes_has_a_path_by_default() -> None:
    assert repr(tokens.kubernetes()) == "tokens.kubernetes(path='/var/run/secrets/crdb/token')"


def test_a_variable_is_read_at_each_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    source = tokens.environment("DB_TOKEN")

    with pytest.raises(TokenUnavailable, match="DB_TOKEN is not set"):
        source.token()
    for number in range(2):
        monkeypatch.setenv("DB_TOKEN", jwt(exp=4e9, jti=number))
        assert source.token().value == jwt(exp=4e9, jti=number)


def test_a_command_is_run_again_when_its_token_is_nearly_over(tmp_path: Path) -> None:
    clock = VirtualClock()
    runs = tmp_path / "runs"
    script = tmp_path / "mint.sh"
    script.write_text(f"echo run >> {runs}; echo {jwt(exp=clock() + 1000)}")
    source = tokens.command(f"sh '{script}'", clock=clock)

    assert source.token() is source.token()
    clock.go_on(800)
    source.token()

    assert runs.read_text().split() == ["run", "run"]


def test_a_command_is_split_as_a_shell_would_but_no_shell_runs(tmp_path: Path) -> None:
    prints = "import sys; sys.stdout.write('.'.join(sys.argv[1:]))"
    source = tokens.command([sys.executable, "-c", prints, "$HOME", "a;b"])
    assert source.token().value == "$HOME.a;b"

    text = f"{sys.executable} -c \"{prints}\" 'x' ';' 'rm'"
    assert tokens.command(text).token().value == "x.;.rm"
    assert list(tmp_path.iterdir()) == []


def test_the_arguments_of_a_command_are_not_shown() -> None:
    source = tokens.command(["/bin/sh", "-c", "echo hunter2 bad >&2; exit 4"])

    assert repr(source) == "tokens.command(program='/bin/sh')"
    with pytest.raises(TokenUnavailable, match="ended with 4: hunter2 bad") as caught:
        source.token()
    assert "Run sh by hand" in caught.value.hint


@pytest.mark.parametrize("command", ["", "  ", [], ["", "a"], "echo 'open"])
def test_a_command_that_is_none_is_refused(command: str | list[str]) -> None:
    with pytest.raises(InvalidInput, match="the command"):
        tokens.command(command)


def test_a_command_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(TokenUnavailable, match="can't be started: No such file or directory"):
        tokens.command([str(tmp_path / "absent")]).token()


@pytest.mark.parametrize("given", ["a text", 7, None])
def test_what_is_not_a_source_is_refused(given: object) -> None:
    with pytest.raises(InvalidInput, match="Give "):
        tokens.as_source(given)  # type: ignore[arg-type] # as a user may


def test_a_function_is_a_source_and_a_source_is_itself() -> None:
    source = tokens.file("token")

    assert tokens.as_source(source) is source
    assert tokens.as_source(lambda: "opaque").token().value == "opaque"
