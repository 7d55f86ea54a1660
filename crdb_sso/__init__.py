"""The rules of crdb-sso: what a stack wants of a cluster, whose entry is whose, and what to write.

The modules of this folder are pure: values in, values out; no network, no SQL, no pulumi.
`crdb_sso.clients` carries (cluster, identity provider), `crdb_sso.provider` is the dynamic
resource that Pulumi calls.
"""

__version__ = "0.1.0"
"""The version of the package; `pyproject.toml` reads it here."""
