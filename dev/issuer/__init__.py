"""A local OpenID Connect issuer: what a workload's identity provider does, on this machine.

    python -m dev.issuer --dir DIR            serves until SIGTERM; prints one JSON line when ready
    python -m dev.issuer token --dir DIR --sub X --aud Y [--lifetime S] [--claims JSON] [--alg A]
                         [--expired] [--future] [--wrong-issuer] [--wrong-audience] [--no-subject]
                         [--no-kid] [--unknown-kid] [--forged]       a token that is refused
    python -m dev.issuer rotate --dir DIR [--alg A] [--keep N]       running or not
    python -m dev.issuer retire --dir DIR [--keep N]

Over HTTPS, certified by `DIR/ca.crt`:

    GET  /.well-known/openid-configuration, /jwks
    POST /token   grant_type=client_credentials, aud (or audience), sub, lifetime, claims, alg,
                  fault (as the options above; may be repeated)
    POST /rotate  alg, keep: a new signing key; `keep` older ones stay published (default: all)
    POST /retire  keep: of the older keys only `keep` stay published (default: none)

POST needs the client's credentials: HTTP Basic, or `client_id` and `client_secret` in the form.
All state is kept in DIR; after a restart, CA, keys, client and, if possible, port are the same.

It also speaks as Google and as Microsoft Entra ID: tokens with their `iss` and claims, signed by
its own keys in their style. The field or option `as` chooses, for tokens and for keys:

    as=google             sub (21 digits), aud, email if it is to be a claim, lifetime
    as=entra-v1, -v2      sub (object id), aud, tenant, caller (client id), roles, cloud, lifetime
    GET  /google/oauth2/v3/certs, /entra/common/discovery/v2.0/keys

    python -m dev.issuer token --dir DIR --as google --sub 113794436627259432046 --aud crdb
"""
