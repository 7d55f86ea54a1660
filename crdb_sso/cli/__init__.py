"""`crdb-sso`: what an operator does by hand to a cluster that stacks share.

`app.py` is the command itself; each group of commands is one file, `screen.py` prints, and
`cluster_options.py` tells which cluster is meant.
"""

from crdb_sso.cli.app import main

__all__ = ["main"]
