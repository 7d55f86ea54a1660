"""A session: its statements relayed to PostgreSQL, the answers in CockroachDB's words."""
