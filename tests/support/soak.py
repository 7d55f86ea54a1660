"""Whether a run tries every moment (`make soak`), or the few that differ (`make test`)."""

import os

IS_SOAK = bool(os.environ.get("CRDB_SSO_SOAK_ROUNDS"))
