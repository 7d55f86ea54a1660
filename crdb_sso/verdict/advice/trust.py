"""Advice on what a cluster trusts: its switch, the form of a token, its issuer and audience."""

import re
from collections.abc import Collection

from crdb_sso.crdb.settings import Setting
from crdb_sso.tokens.entra import CLOUDS
from crdb_sso.verdict.advice.remedies import (
    Advice,
    listed_as_one,
    longer_list,
    set_statement,
)
from crdb_sso.verdict.case import Case
from crdb_sso.verdict.differences import difference

_TENANT = re.compile(r"https://([^/]+)/([0-9a-fA-F-]{36})(/v2\.0)?/?", re.ASCII)
_API = "api://"
_SIGN_IN = {cloud.authority.removeprefix("https://") for cloud in CLOUDS.values()}
_SIGN_IN_V1 = {cloud.issuer_v1.removeprefix("https://") for cloud in CLOUDS.values()}
_AS_ONE = "{setting} is one text with commas in it; it is not split, so nothing in it counts"


def on_sent(_case: Case) -> Advice:
    """Advise where the client sent no token."""
    return Advice(
        "", "Put the token into the password of the connection, e.g. PGPASSWORD; it is empty."
    )


def on_enabled(case: Case) -> Advice:
    """Advise where the cluster takes no tokens."""
    statement = set_statement(case, Setting.ENABLED, "true").replace("'true'", "true")
    return Advice("", f"Run `pulumi up` of a stack with logins (ClusterSso), or {statement}")


def on_licence(_case: Case) -> Advice:
    """Advise where the cluster is not licensed."""
    return Advice(
        "every other check passes",
        "Set enterprise.license and cluster.organization to those of this cluster, or upgrade to"
        " 24.3, which does not ask.",
    )


def on_form(case: Case) -> Advice:
    """Advise where the token can't be read."""
    text = case.text.strip()
    near = ""
    if text.lower().startswith("bearer "):
        near = "it begins with `Bearer`, which belongs into an HTTP header"
    elif text[:1] in ("'", '"'):
        near = "it is inside of quotes"
    elif re.search(r"\s", text):
        near = "there is white space inside of it: perhaps a line was broken, or two texts joined"
    elif text.count(".") == 4:  # noqa: PLR2004 - five parts
        near = "it is encrypted (JWE); a cluster reads only signed tokens (JWS)"
    elif "." not in text:
        near = "it looks like an opaque access token, or a password"
    return Advice(
        near,
        "Send the token as the issuer gave it, three parts with dots between them, and no more.",
    )


def on_issuer(case: Case) -> Advice:
    """Advise where the issuer is not trusted."""
    token = case.token
    issuer = token.issuer if token else ""
    name = case.cluster.name_of(Setting.ISSUERS)
    if not issuer:
        return Advice("", "The token has no `iss`: take one from an issuer that says who it is.")
    listed = case.issuers
    statement = set_statement(case, Setting.ISSUERS, longer_list(listed, issuer))
    if listed_as_one(listed, issuer):
        parts = [part.strip() for part in listed[0].split(",")]
        statement = set_statement(case, Setting.ISSUERS, longer_list((), parts[0]))
        return Advice(_AS_ONE.format(setting=name), f"Write a JSON list, e.g. {statement}")
    for other in listed:
        if version := _other_entra_version(issuer, other):
            return _on_entra(issuer, other, version)
    for other in listed:
        if how := difference(issuer, other):
            return Advice(
                f"the same issuer {how} is trusted: {other}",
                f"Give the issuer exactly as in the token, {issuer!r}, to the stack (`issuer`); by"
                f" hand: {statement} Lines of the identity map name it in the same way.",
            )
    return Advice(
        "" if any(listed) else "the cluster trusts no issuer yet",
        "If this issuer is yours, add an identity of it to a login of the stack; by hand:"
        f" {statement}",
    )


def on_json(case: Case) -> Advice:
    """Advise where the token is JSON without a signature."""
    member = token_member(case.token.claims if case.token else ())
    near = on_answer(member) if member else "it is JSON without a signature, not a token"
    return Advice(near, on_form(case).fix)


def token_member(members: Collection[str]) -> str:
    """Return which member of what a token endpoint answers is the token; "" if there is none.

    Args:
        members: Names of the members of JSON without a signature.
    """
    names = ("access_token", "id_token", "token")
    return next((name for name in names if name in members), "")


def on_answer(member: str) -> str:
    """Return what was sent in place of a token, and which member of it is the token."""
    return f"it is the answer of a token endpoint; the token is its member `{member}`"


def _other_entra_version(issuer: str, other: str) -> int:
    """Return 1 or 2, the version of a token of Entra, if the other version is trusted; else 0."""
    one, two = _TENANT.fullmatch(issuer), _TENANT.fullmatch(other)
    if not one or not two or one[2].lower() != two[2].lower():
        return 0
    if one[1] in _SIGN_IN_V1 and two[1] in _SIGN_IN and two[3]:
        return 1
    return 2 if one[1] in _SIGN_IN and one[3] and two[1] in _SIGN_IN_V1 else 0


def _on_entra(issuer: str, other: str, version: int) -> Advice:
    wanted = 3 - version
    return Advice(
        f"this is a version {version} token of Entra; version {wanted} of the same tenant is"
        f" trusted: {other}",
        f"Set api.requestedAccessTokenVersion of the app that is the audience to {wanted}"
        f" (`token_version` of AzureAudience), or trust {issuer} instead; the audience and the"
        " identity map change with it.",
    )


def on_audience(case: Case) -> Advice:
    """Advise where the token is meant for somebody else."""
    given = case.token.audience if case.token else ()
    listed = case.audiences
    if not given:
        return Advice(
            "", "The token has no audience: ask the issuer for one that names this cluster."
        )
    statement = set_statement(case, Setting.AUDIENCE, longer_list(listed, given[0]))
    name = case.cluster.name_of(Setting.AUDIENCE)
    if any(listed_as_one(listed, one) for one in given):
        return Advice(_AS_ONE.format(setting=name), "Write a JSON list with an entry for each.")
    for one in given:
        for other in listed:
            if near := _near_audience(one, other):
                return Advice(near, _audience_fix(statement))
    near = "" if any(listed) else "the cluster accepts no audience yet"
    return Advice(near, _audience_fix(statement))


def _near_audience(given: str, listed: str) -> str:
    if given == _API + listed:
        return (
            f"without api:// it is accepted: {listed}. Version 1 tokens of Entra carry api:// as it"
            " was asked for, version 2 tokens the bare client id"
        )
    if listed == _API + given:
        return (
            f"with api:// in front it is accepted: {listed}. Version 2 tokens of Entra carry the"
            " bare client id, version 1 tokens what was asked for"
        )
    how = difference(given, listed)
    return f"the same audience {how} is accepted: {listed}" if how else ""


def _audience_fix(statement: str) -> str:
    return (
        "Ask the issuer for a token with an accepted audience, or give this one to the login's"
        f" identity in the stack (`audience`); by hand: {statement}"
    )
