"""The wire protocol as CockroachDB speaks it: start-up, TLS, messages."""
