"""`python -m crdb_sso`: see `crdb_sso.cli.app`."""

import sys

from crdb_sso.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
