"""A local OpenID Connect issuer: what a workload's identity provider does, on this machine.

    python -m dev.issuer --dir DIR            serves until SIGTERM; prints one JSON line when ready
    python -m dev.issuer token --dir DIR --sub X --aud Y [--lifetime S] [--claims JSON] [--alg A]

Over HTTPS, certified by `DIR/ca.crt`:

    GET  /.well-known/openid-configuration, /jwks
    POST /token   grant_type=client_credentials, aud (or audience), sub, lifetime, claims, alg
    POST /rotate  alg, keep: a new signing key; `keep` older ones stay published (default: all)
    POST /retire  keep: of the older keys only `keep` stay published (default: none)

POST needs the client's credentials: HTTP Basic, or `client_id` and `client_secret` in the form.
All state is kept under DIR; a restart goes on with the same CA, keys, client, and if it can, port.
"""
