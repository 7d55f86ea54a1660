"""Lines that only `crdb-sso` prints: what a plan adds or removes, claims, rotation."""
