"""Errors say what is wrong and the next step, and are split by who must act."""

from crdb_sso.errors import (
    ClusterRefused,
    CrdbSsoError,
    GuardRefused,
    InvalidInput,
    InvalidUserName,
)


def test_an_error_says_what_and_the_next_step() -> None:
    error = GuardRefused("no such role: readers", hint="Run: CREATE ROLE readers;")

    assert str(error) == "no such role: readers\n  Next step: Run: CREATE ROLE readers;"
    assert (error.what, error.hint) == ("no such role: readers", "Run: CREATE ROLE readers;")


def test_a_refusal_of_the_cluster_says_what_was_already_written() -> None:
    error = ClusterRefused("it failed", hint="Run again.", written=("claims", "server.x"))

    assert str(error) == (
        "it failed\n  Already written: claims, server.x.\n  Next step: Run again."
    )
    error.add_undone()
    assert "Already written" not in str(error)


def test_an_error_may_add_that_everything_was_undone() -> None:
    error = ClusterRefused("it failed", hint="Run again.")

    error.add_undone()

    assert str(error) == (
        "it failed\n  What was written before was undone.\n  Next step: Run again."
    )


def test_errors_are_split_by_who_must_act() -> None:
    assert issubclass(InvalidUserName, InvalidInput)
    assert issubclass(InvalidInput, CrdbSsoError)
    assert not issubclass(ClusterRefused, InvalidInput)
    assert not issubclass(GuardRefused, ClusterRefused)
    assert not issubclass(ClusterRefused, GuardRefused)
