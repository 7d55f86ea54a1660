"""What a server reads out of tokens and keys, as Go and the server's JOSE library do.

Nothing here asks what a cluster trusts: that is in `crdb_sso.verdict.cluster`.
"""
