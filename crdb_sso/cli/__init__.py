"""`crdb-sso`: what an operator does by hand to a cluster that stacks share."""

from crdb_sso.cli.app import main

__all__ = ["main"]
