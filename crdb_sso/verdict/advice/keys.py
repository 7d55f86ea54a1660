"""Advice on keys, signatures and clocks."""

from crdb_sso.crdb.settings import Setting
from crdb_sso.tokens.issuers import WELL_KNOWN_PATH
from crdb_sso.verdict.advice.remedies import Advice
from crdb_sso.verdict.case import Case
from crdb_sso.verdict.checks_of_token import duration
from crdb_sso.verdict.cluster.lists import key_address
from crdb_sso.verdict.differences import difference
from crdb_sso.verdict.jose.keys import ALGORITHMS, Key, Obstacle, UnreadableKeysError, read_keys
from crdb_sso.verdict.jose.verifying import Verification, signers

_CLOCKS_APART_S = 300
"""Up to this many seconds, clocks that disagree are the likely cause."""


def on_fetched(case: Case) -> Advice:
    """Advise where the nodes can't get the issuer's keys."""
    issuer = case.token.issuer if case.token else ""
    near = ""
    if issuer not in case.cluster.fetched:
        pinned = _pinned_kids(case)
        kid = case.token.message.signatures[0].kid if case.token and case.token.message else ""
        if kid and kid in pinned:
            near = (
                f"{Setting.JWKS.value} has a key {kid!r}, but it is ignored while the nodes fetch"
                " keys"
            )
    else:
        near = case.keyless
    address = key_address(case.cluster.text(Setting.ISSUERS), issuer)
    url = f"`curl {issuer.removesuffix('/')}{WELL_KNOWN_PATH}` on a node, and fetch the `jwks_uri`"
    url += " in the answer: both need"
    if address:
        url = f"`curl {address}` on a node: it needs"
    return Advice(
        near,
        f"Run {url} status 200 and JSON. Behind a proxy the node needs HTTPS_PROXY;"
        " issuers.custom_ca, where set, replaces the system's roots. Or pin the keys: `keys:"
        " pinned` in the stack.",
    )


def on_key(case: Case) -> Advice:
    """Advise where no key can verify the token."""
    done = case.verification or Verification(is_signed=False)
    if done.obstacle is Obstacle.NO_KID:
        return _on_no_kid(case)
    if done.obstacle is Obstacle.UNKNOWN_KID:
        return _on_unknown_kid(case, done)
    return _on_unfit_key(done)


def _on_no_kid(case: Case) -> Advice:
    signed = _signers(case)
    near = (
        f"the key {signed[0][0]!r} did sign it, but a token has to name its key" if signed else ""
    )
    return Advice(near, "Have the issuer put `kid` into the header of its tokens.")


def _on_unknown_kid(case: Case, done: Verification) -> Advice:
    fetched = case.fetches
    known = [key.kid for key in case.keys or () if key.kid]
    near = ""
    for kid in known:
        if kid.casefold() == done.kid.casefold() or difference(done.kid, kid):
            near = f"a key {kid!r} is there: ids are compared byte for byte"
    if signed := _signers(case):
        near = f"the key {signed[0][0]!r} did sign it: the issuer renamed its key"
    if not known:
        near = "the cluster has no key at all"
    if not near:
        near = (
            f"the issuer has a newer key than the {len(known)} known here, or has retired"
            f" {done.kid!r}"
        )
    if fetched:
        return Advice(
            near,
            "The issuer does not publish that key: get a new token. If it has just published it,"
            " nodes of 26.3 and later look again within 30 s.",
        )
    return Advice(
        near,
        "Run `pulumi up` of the stack that pins this issuer's keys: it fetches the current"
        " ones and pins them beside the old. If the key was retired, get a new token.",
    )


def _on_unfit_key(done: Verification) -> Advice:
    key = done.key
    kid = key.kid if key else ""
    if done.obstacle is Obstacle.NOT_FOR_SIGNATURES:
        return Advice(
            f"the key {kid!r} has `use` {key.use if key else ''!r}; only `sig`, or none, counts",
            "Publish the signing key without `use`, or with `sig`, and take it up again.",
        )
    if done.obstacle is Obstacle.NO_INFERENCE:
        return Advice(
            f"the key {kid!r} has no `alg`; from 23.1 on it would do without",
            f"Write `alg` ({done.alg or 'as in the token'}) into the key, or upgrade to 23.1.",
        )
    if done.obstacle is Obstacle.OTHER_ALGORITHM:
        fitting = ", ".join(ALGORITHMS[key.kty]) if key else ""
        return Advice(
            f"the key {kid!r} is of type {key.kty if key else ''}, which takes {fitting}; the token"
            f" says {done.alg!r}",
            "Have the issuer sign with the private key of that `kid`, or give its keys anew.",
        )
    return Advice(
        f"the key {kid!r} is for {key.alg if key else ''!r}",
        "Give the key the signature algorithm of the issuer as `alg`, or none.",
    )


def on_signature(case: Case) -> Advice:
    """Advise where another key signed the token."""
    done = case.verification or Verification(is_signed=False)
    alg = done.key.alg if done.key else ""
    others = [kid for kid, key in _signers(case) if key != done.key]
    near = ""
    if done.kid in others:
        near = f"a second key with the id {done.kid!r} signed it; only the first one counts"
    elif others:
        near = f"the key {others[0]!r} signed it, but the token names {done.kid!r}"
    elif alg and done.alg and alg != done.alg:
        near = f"the key is for {alg}, the token's header says {done.alg}"
    if case.fetches:
        return Advice(near, "Get a new token; if it fails too, the issuer publishes a wrong key.")
    return Advice(
        near,
        f"Compare the issuer's key {done.kid!r} with the one in {Setting.JWKS.value}: another"
        " issuer may use the same id. Run `pulumi up` of the stack that pins it, then get a new"
        " token.",
    )


def on_expiry(case: Case) -> Advice:
    """Advise where the token has expired."""
    moment = case.token.time("exp") if case.token else None
    late = case.now - moment.seconds if moment else 0
    near = f"it expired {duration(late)} ago" if late else "it expires this very second"
    if late <= _CLOCKS_APART_S:
        near += "; no clock difference is allowed for"
    return Advice(
        near,
        "Get a new token, and one for each new connection; let a pool fetch it when it connects."
        " If tokens are new, set the clocks of the nodes (NTP).",
    )


def on_early(case: Case) -> Advice:
    """Advise where the token is from the future."""
    times = [case.token.time(name) for name in ("iat", "nbf")] if case.token else []
    ahead = max((one.seconds - case.now for one in times if one), default=0)
    near = f"in {duration(ahead)} it will be accepted; no clock difference is allowed for"
    return Advice(
        near, "Set the clocks of nodes and issuer (NTP), or retry after that time with this token."
    )


def _signers(case: Case) -> list[tuple[str, Key]]:
    """Return the keys that did sign the token, with their ids."""
    found = signers(case.token, case.keys or ()) if case.token else ()
    return [(key.kid, key) for key in found]


def _pinned_kids(case: Case) -> set[str]:
    try:
        return {key.kid for key in read_keys(case.cluster.text(Setting.JWKS))}
    except UnreadableKeysError:
        return set()
