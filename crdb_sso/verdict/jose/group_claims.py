"""The groups that a token lists, where CockroachDB makes roles of them (25.4 and later)."""

from crdb_sso.crdb.identity_map import GO_BLANKS
from crdb_sso.verdict.jose.claims import Token
from crdb_sso.verdict.jose.go_text import sprint


def groups_in(token: Token, setting: str) -> tuple[str, ...] | None:
    """Return the groups of a token, None if the issuer's userinfo endpoint has to be asked.

    Args:
        token: An accepted token.
        setting: `server.jwt_authentication.group_claim`: names, with commas between them.
    """
    for name in setting.split(","):
        value = token.claims.get(name.strip(GO_BLANKS))
        if isinstance(value, list):
            return _cleaned(list(map(sprint, value)))
        if isinstance(value, str):
            return _cleaned(value.split(","))
    return None


def _cleaned(groups: list[str]) -> tuple[str, ...]:
    named = (group.strip(GO_BLANKS).lower() for group in groups)
    return tuple(dict.fromkeys(group for group in named if group))
