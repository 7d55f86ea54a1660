"""An embedded stand-in for CockroachDB: the part of it that decides who logs in."""
