"""What a server tells the client of a login with a token that it refuses: one row a message.

The judge takes its words from here, and `docs/login-errors.md` is generated from here. `{name}`
stands for a value. CockroachDB pkg/security/jwtauth (before: pkg/ccl/jwtauthccl) and
pkg/sql/pgwire/auth_methods.go.
"""

from dataclasses import dataclass

from crdb_sso.verdict.outcome import REST, ClientError


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        message: The server's words.
        detail: The DETAIL; "..." at its end stands for the words of a library.
        sqlstate: Five characters.
        versions: Where it is seen.
        meaning: What it means, and what it proves.
        next_step: What to look at.
    """

    message: str
    sqlstate: str
    versions: str
    meaning: str
    next_step: str
    detail: str = ""

    def told(self, **values: str) -> ClientError:
        """Return the message with its values."""
        return ClientError(
            self.message.format(**values),
            self.detail.format(**values),
            self.sqlstate,
            is_exact=not self.detail.endswith(REST),
        )


USER_MISSING = Message(
    message="password authentication failed for user {user}",
    sqlstate="28P01",
    versions="all",
    meaning="The SQL user does not exist. Up to 25.3 the token was not looked at. From 25.4 on it "
    "says that it is for this user, but nobody has checked its signature.",
    next_step="CREATE USER, or the login's name in the stack.",
)
EMPTY_TOKEN = Message(
    message="password authentication failed for user {user}",
    sqlstate="28P01",
    versions="up to 25.3",
    meaning="The client sent an empty password, so there is no token. (Or the user is missing.)",
    next_step="How the client gets its token.",
)
EMPTY_TOKEN_LATER = Message(
    message="password authentication failed for user {user}",
    sqlstate="28000",
    versions="25.4 and later; the SQLSTATE is inferred",
    meaning="The client sent an empty password, so there is no token.",
    next_step="How the client gets its token.",
)
NO_LOGIN = Message(
    message="{user} does not have login privilege",
    sqlstate="28000",
    versions="all",
    meaning="The SQL user exists, with NOLOGIN. Nothing is said about signature and issuer.",
    next_step="ALTER USER ... LOGIN, unless somebody shut the user out on purpose.",
)
NOT_ENABLED = Message(
    message="JWT authentication: not enabled",
    sqlstate="28000",
    versions="all",
    meaning="The cluster takes no tokens at all.",
    next_step="server.jwt_authentication.enabled",
)
UNREADABLE = Message(
    message="JWT authentication: invalid token",
    detail="token parsing failed: ...",
    sqlstate="28000",
    versions="from the first patches of 23.1, 23.2 and 24.1 that can fetch keys; the detail from"
    " 23.1.22, later patches of 23.2, and 24.1.1 on",
    meaning="What the client sent is not a signed token, or a claim in it has a wrong type.",
    next_step="What the client sends as the password: all of the token, and nothing else.",
)
UNREADABLE_COLLAPSED = Message(
    message="JWT authentication: invalid token",
    sqlstate="28000",
    versions="22.2, and 23.1 and 23.2 before they could fetch keys",
    meaning="One of four: it is not a signed token, no key fits, the signature is wrong, or it has "
    "expired or is not valid yet. The issuer has not been looked at.",
    next_step="`exp` and `kid` of the token; the keys in server.jwt_authentication.jwks.",
)
WRONG_ISSUER = Message(
    message="JWT authentication: invalid issuer",
    detail="token issued by {issuer}",
    sqlstate="28000",
    versions="all",
    meaning="`iss` is not in the list of issuers, byte for byte: a slash at the end and letter "
    "case count.",
    next_step="server.jwt_authentication.issuers.configuration",
)
NOT_FETCHED = Message(
    message="JWT authentication: unable to validate token",
    sqlstate="28000",
    versions="from the first patches of 23.1, 23.2 and 24.1 that can fetch keys",
    meaning="The node could not get the issuer's keys. The cause is only in its log: network, "
    "proxy, certificate, an answer that is not a key set, or a key in it that can't be read.",
    next_step="Ask for the issuer's discovery document from a node; a custom CA replaces the "
    "system's roots.",
)
NO_KID = Message(
    message="JWT authentication: invalid token",
    detail="unable to parse token: key provider 0 failed: failed to find matching key: no key ID "
    '("kid") specified in token',
    sqlstate="28000",
    versions="from 24.1; up to 25.3 it proves that the issuer is trusted",
    meaning="The token's header has no `kid`, so it selects no key, even of a set of one.",
    next_step="Have the issuer put `kid` into its tokens.",
)
UNKNOWN_KID = Message(
    message="JWT authentication: invalid token",
    detail="unable to parse token: key provider 0 failed: failed to find key with key ID {kid} in "
    "key set",
    sqlstate="28000",
    versions="from 24.1",
    meaning="The keys that the cluster has do not include the one that signed the token: the "
    "issuer has a new key, or the token is from another environment, or its key was retired.",
    next_step="Pinned keys: run `pulumi up` to fetch the issuer's current keys. Else a new token.",
)
OTHER_ALGORITHM = Message(
    message="JWT authentication: invalid token",
    detail="unable to parse token: key provider 0 failed: algorithm in the message does not match "
    "any of the inferred algorithms",
    sqlstate="28000",
    versions="from 24.1",
    meaning="The key has no `alg`, and the token's `alg` is not one for keys of its type.",
    next_step="How the issuer signs; a token with `alg` HS256 or none is not a signed one.",
)
BOGUS_ALGORITHM = Message(
    message="JWT authentication: invalid token",
    detail="unable to parse token: key provider 0 failed: invalid signature algorithm {alg}: ...",
    sqlstate="28000",
    versions="from 24.1",
    meaning="The key that the token selects is not a signing key.",
    next_step="`alg` of that key in the key set.",
)
UNVERIFIABLE_ALGORITHM = Message(
    message="JWT authentication: invalid token",
    detail="unable to parse token: failed to create verifier for algorithm {alg}: unsupported "
    "signature algorithm {alg}",
    sqlstate="28000",
    versions="from 24.1",
    meaning="The key that the token selects is for an algorithm that CockroachDB does not verify.",
    next_step="`alg` of that key in the key set.",
)
BAD_SIGNATURE = Message(
    message="JWT authentication: invalid token",
    detail="unable to parse token: could not verify message using any of the signatures or keys",
    sqlstate="28000",
    versions="from 24.1",
    meaning="The key that the token names did not sign it, or is not for signatures (`use`).",
    next_step="Whether the cluster's key of that `kid` is the issuer's; two keys may share a kid.",
)
NOT_SIGNED = Message(
    message="JWT authentication: invalid token",
    detail="unable to parse token: ...",
    sqlstate="28000",
    versions="from 24.1",
    meaning="The text is JSON with claims, without a signature.",
    next_step="What the client sends as the password: the token, not the answer it came in.",
)
WRONG_TIME = Message(
    message="JWT authentication: invalid token",
    detail='unable to parse token: "{claim}" not satisfied',
    sqlstate="28000",
    versions="from 24.1; patches of 2024 write the name without quotes",
    meaning="The signature is right, but the token has expired (`exp`), or is from the future "
    "(`iat`, `nbf`). No clock difference is allowed for, not even a second.",
    next_step="A new token for each connection; the clocks of nodes and issuer.",
)
MISSING_CLAIM = Message(
    message="JWT authentication: missing claim",
    detail="token does not contain a claim for {claim}",
    sqlstate="28000",
    versions="23.1.2 and later",
    meaning="The token does not have the claim that names the principal. Up to 25.3 issuer, "
    "signature and times are right; from 25.4 on nothing has been checked yet.",
    next_step="server.jwt_authentication.claim; a JSON Pointer needs 26.3.",
)
STRAY_POINTER = Message(
    message="JWT authentication: failed to extract claim",
    detail="failed to extract claim {claim}: JSON pointer: ...",
    sqlstate="28000",
    versions="26.3 and later (inferred)",
    meaning="The JSON Pointer leads into a value without parts, or past the end of a list.",
    next_step="server.jwt_authentication.claim",
)
NO_MAPPING = Message(
    message="JWT authentication: invalid principal",
    detail="the value {principals} for the issuer {issuer} is invalid",
    sqlstate="28000",
    versions="all",
    meaning="The issuer has lines in the identity map, but none matches. Up to 25.3 issuer, "
    "signature and times are right; from 25.4 on nothing has been checked yet.",
    next_step="The issuer's lines in server.identity_map.configuration.",
)
OTHER_USER = Message(
    message="JWT authentication: invalid principal",
    detail="token issued for {principals} and login was for {user}",
    sqlstate="28000",
    versions="all",
    meaning="The token is somebody else's: the map leads to other users, or the issuer has no "
    "map, so that the principal itself is the user. It proves as little or much as the row above.",
    next_step="The issuer's lines in server.identity_map.configuration, and the user in the URL.",
)
RESERVED_USER = Message(
    message="JWT authentication: invalid identity",
    detail="cannot use JWT auth to login to a reserved user {user}",
    sqlstate="28000",
    versions="all",
    meaning="No token opens root, node, public, none, or a name that begins with pg_ or "
    "crdb_internal_.",
    next_step="Another SQL user, with the roles that it needs.",
)
WRONG_AUDIENCE = Message(
    message="JWT authentication: invalid audience",
    detail="token issued with an audience of {audience}",
    sqlstate="28000",
    versions="all",
    meaning="Everything else is right, but the token is meant for somebody else.",
    next_step="server.jwt_authentication.audience, or what the workload asks a token for.",
)
UNLICENSED = Message(
    message="use of JWT authentication requires an enterprise license. see "
    "https://cockroachlabs.com/pricing?cluster=... for details on how to enable enterprise "
    "features",
    sqlstate="XXC02",
    versions="before 24.3, except late patches of 23.1 to 24.2",
    meaning="The token is right. The cluster has no licence, or an expired or foreign one.",
    next_step="enterprise.license and cluster.organization, or a newer version.",
)
NOT_PROVISIONED = Message(
    message="JWT provisioning: ...",
    sqlstate="28000",
    versions="25.4 and later; how the cause is worded is not known",
    meaning="The cluster makes users for tokens, but not this one: its name is not a legal user "
    "name, or the token has no `iss`.",
    next_step="The name that the identity map makes of the token.",
)
USERINFO_FAILED = Message(
    message="JWT authorization: userinfo lookup failed",
    sqlstate="28000",
    versions="25.4 and later",
    meaning="The token lists no groups, and the issuer, who was asked instead, did not answer.",
    next_step="server.jwt_authentication.group_claim, and a claim with groups in the token.",
)
NO_USERINFO = Message(
    message="JWT authorization: No userinfo endpoint",
    sqlstate="28000",
    versions="25.4 and later",
    meaning="The token lists no groups, and the issuer can't be asked for them.",
    next_step="server.jwt_authentication.group_claim, and a claim with groups in the token.",
)
NO_GROUPS = Message(
    message="JWT authorization: empty group list",
    sqlstate="28000",
    versions="25.4 and later",
    meaning="The token lists no groups. The user has lost all its memberships before this error.",
    next_step="The groups of this identity at the issuer; GRANT the lost roles again.",
)
