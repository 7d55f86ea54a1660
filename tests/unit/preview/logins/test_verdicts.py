"""What becomes of a login, in lines for people."""

from crdb_sso.preview.logins.verdicts import (
    check_row,
    foreseen_line,
    foreseen_summary,
    verdict_lines,
)
from crdb_sso.verdict.foreseen import Foreseen
from crdb_sso.verdict.outcome import Check, ClientError, Verdict

PASSED = Check("user", passed=True, expected="a user", seen="exists")
UNSEEN = Check("key", passed=None, expected="", seen="")
HIDDEN = Check("issuer", passed=None, expected="", seen="it is hidden")
FAILED = Check("audience", passed=False, expected="'crdb'", seen="'x'")


def test_a_check_is_one_row() -> None:
    assert [check_row(check) for check in (PASSED, UNSEEN, HIDDEN, FAILED)] == [
        ("ok", "user", "exists"),
        ("-", "key", "not looked at"),
        ("-", "issuer", "it is hidden"),
        ("FAILS", "audience", "'x'"),
    ]


def test_who_gets_in_is_told_so_with_every_note() -> None:
    verdict = Verdict(accepted=True, checks=(PASSED,), notes=("The token never expires.",))

    assert list(verdict_lines("app", verdict)) == [
        "app gets in.",
        "Note: The token never expires.",
    ]


def test_what_could_not_be_looked_at_promises_nothing() -> None:
    assert list(verdict_lines("app", Verdict(accepted=False, checks=(PASSED, UNSEEN)))) == [
        "Nothing fails, as far as can be seen from here; what could not be looked at has a -."
    ]


def test_a_failure_comes_with_all_that_is_known_of_it() -> None:
    verdict = Verdict(
        accepted=False,
        checks=(PASSED, FAILED),
        error=ClientError("no", "because", "28000"),
        near_miss="with a slash it is",
        fix="Do this.",
    )

    assert list(verdict_lines("app", verdict)) == [
        "The login of app is refused at: audience",
        "  expected:  'crdb'",
        "  seen:      'x'",
        "  near miss: with a slash it is",
        "  what to do: Do this.",
        "  the client is told: no, DETAIL: because (SQLSTATE 28000)",
        "  what the server's words mean: docs/login-errors.md",
    ]


def test_of_a_failure_only_what_is_known_is_said() -> None:
    assert list(verdict_lines("app", Verdict(accepted=False, checks=(FAILED,)))) == [
        "The login of app is refused at: audience",
        "  expected:  'crdb'",
        "  seen:      'x'",
    ]


def test_a_login_of_a_stack_is_named_by_user_issuer_subject_and_audiences() -> None:
    undecided = Verdict(accepted=False, checks=(PASSED, UNSEEN, HIDDEN))
    named = Foreseen("app", "https://i", "s", ("a", "b"), undecided)
    anyone = Foreseen("", "https://i", "", (), undecided)

    assert foreseen_line(named) == "app: https://i subject s (audience a or b)"
    assert foreseen_line(anyone) == (
        "(the subject): https://i subject any subject that is a user name (audience none)"
    )
    assert foreseen_summary(named) == "  nothing fails; not looked at: key, issuer"
