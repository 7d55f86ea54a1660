"""Errors say what and the next step, and are split by who must act."""

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


def test_what_the_cluster_refused_says_what_was_written_by_then() -> None:
    error = ClusterRefused("it failed", hint="Run again.", written=("claims", "server.x"))

    assert str(error) == (
        "it failed\n  Written by then: claims, server.x.\n  Next step: Run again."
    )
    error.add_undone()
    assert "Written by then" not in str(error)


def test_an_error_may_add_that_all_was_taken_back() -> None:
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
