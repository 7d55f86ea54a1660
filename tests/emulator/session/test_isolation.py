"""The isolation level of every transaction is the one the cluster was started with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.emulator.embedded import running

if TYPE_CHECKING:
    from pathlib import Path

READ = "SELECT count(*) FROM skew.public.doctors WHERE on_call"
LEAVE = "UPDATE skew.public.doctors SET on_call = false WHERE name = %s"


@pytest.mark.parametrize("isolation", ["read-committed", "serializable"])
def test_write_skew_goes_through_or_fails_as_the_isolation_says(
    tmp_path: Path, isolation: str
) -> None:
    with running(tmp_path, "--isolation", isolation) as cluster:
        with cluster.connect() as root:
            root.execute("CREATE DATABASE skew")
            root.execute("CREATE TABLE skew.public.doctors (name STRING PRIMARY KEY, on_call BOOL)")
            root.execute("INSERT INTO skew.public.doctors VALUES ('ann', true), ('bob', true)")
        with cluster.connect() as ann, cluster.connect() as bob:
            for session in (ann, bob):
                session.execute("BEGIN")
                session.execute(READ)
            ann.execute(LEAVE, ["ann"])
            ann.execute("COMMIT")
            if isolation == "serializable":
                with pytest.raises(psycopg.errors.SerializationFailure):
                    bob.execute(LEAVE, ["bob"])
            else:
                bob.execute(LEAVE, ["bob"])
