"""The SQL that is sent to a cluster, and the session that sends it."""
