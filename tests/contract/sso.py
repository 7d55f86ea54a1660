"""A cluster set up to trust one issuer of our own, ready for single changes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.contract import setting_names, setting_restorer
from tests.contract.tokens import Key, key_set, token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.contract.cluster import Cluster
    from tests.contract.setting_restorer import Settings

MUST_BE_OFF = (setting_names.AUTO_FETCH, setting_names.GROUPS_ENABLED, setting_names.PROVISIONING)


def _random_issuer() -> str:
    return f"https://{secrets.token_hex(4)}.issuer.example/realm"


@dataclass(slots=True)
class Sso:
    """Trust in one issuer, its key and one audience; without an identity map by default."""

    cluster: Cluster
    settings: Settings
    keys: Mapping[str, Key]
    person: str
    """A user who exists, may log in, and is dropped when all tests are done."""
    issuer: str = field(default_factory=_random_issuer)
    audience: str = "contract-tests"

    def trust(self, *, enabled: bool = True, **changes: str) -> None:
        """Write the settings of a working set-up, with changes by short name.

        Args:
            enabled: Whether JWT logins are on.
            changes: Texts for `jwks`, `issuers`, `audience`, `claim`, `identity_map`.
        """
        wanted: dict[str, setting_restorer.Value] = {
            setting_names.JWKS: changes.pop(
                "jwks", key_set(self.keys["rsa"].jwk(alg="RS256", use="sig"))
            ),
            setting_names.ISSUERS: changes.pop("issuers", self.issuer),
            setting_names.AUDIENCE: changes.pop("audience", self.audience),
            **self._claim(changes.pop("claim", "")),
            setting_names.IDENTITY_MAP: changes.pop("identity_map", ""),
            **{name: False for name in MUST_BE_OFF if name in self.settings.found},
            setting_names.ENABLED: enabled,
        }
        assert not changes, f"no such setting here: {changes}"
        for name, value in wanted.items():
            text = str(value).lower() if isinstance(value, bool) else value
            called = self.settings.called(name)
            if called in self.settings.touched or self.settings.found[called][0] != text:
                self.settings.put(name, value)

    def _claim(self, claim: str) -> dict[str, setting_restorer.Value]:
        """Return what to write for a claim: nothing for the default where it can't be set."""
        there = setting_names.CLAIM in self.settings.found
        return {setting_names.CLAIM: claim} if there or claim else {}

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return the claims of a good token for `person`; None as a value removes one."""
        now = int(self.cluster.now_s())
        usual = {
            "iss": self.issuer,
            "sub": self.person,
            "aud": self.audience,
            "iat": now - 60,
            "exp": now + 3600,
        }
        merged = {**usual, **changes}
        return {name: value for name, value in merged.items() if value is not None}

    def token(
        self, key: str = "rsa", header: Mapping[str, Any] | None = None, **claims: Any
    ) -> str:
        """Return a signed token; see `claims`."""
        return token(self.keys[key], self.claims(**claims), header)
