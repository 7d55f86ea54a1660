"""What stacks want of a CockroachDB cluster's SSO, whose entry is whose, and what is written.

The rooms up to `crdb_sso.plan`, `preview` and `adopt` are pure: values in, values out; no network,
no SQL, no Pulumi. `clients` carries, `provider` has the dynamic resources that the engine calls,
`cli` is the command, `workload` is for applications at run time. CONTRIBUTING.md has the map.
"""

__version__ = "0.1.0"
"""The version of the package; `pyproject.toml` reads it here."""
