"""Tokens of AWS roles for services outside of AWS: STS outbound federation, by boto3."""

import time
from typing import TYPE_CHECKING, Literal

from crdb_sso.errors import InvalidInput, TokenUnavailable
from crdb_sso.workload.extras import needs
from crdb_sso.workload.tokens.cache import Clock
from crdb_sso.workload.tokens.source import CachedSource
from crdb_sso.workload.tokens.token import Token, without_secrets

if TYPE_CHECKING:
    from botocore.client import BaseClient

Algorithm = Literal["RS256", "ES384"]
"""How STS can sign."""

SHORTEST_LIFE_S, LONGEST_LIFE_S = 60, 3600
_ONE_ANSWER_S = 5
_ATTEMPTS = 3
_GLOBAL = "aws-global"

_HINTS = {
    "OutboundWebIdentityFederationDisabled": "Turn it on once for the account: aws iam"
    " enable-outbound-web-identity-federation",
    "AccessDenied": "Allow the role sts:GetWebIdentityToken, with this audience if its policy has"
    " the condition sts:IdentityTokenAudience.",
    "SessionDurationEscalation": "Ask for a shorter `lifetime_s`: the token may not outlive the"
    " role's own session.",
}
_ELSE = "Run it where an IAM role is, and in a region of its own: the global endpoint won't do."


class AwsRole(CachedSource):
    """The IAM role that the workload runs as: Lambda, ECS, EC2, EKS, or a profile.

    Args:
        audience: The `aud` of the token.
        region: Whose STS is asked; by default AWS_DEFAULT_REGION, or that of the profile.
        algorithm: "RS256" (the default) or "ES384".
        lifetime_s: How long a token lives, 60 to 3600 seconds.
        clock: Tells the time.
    """

    kind = "aws"
    main = "region"

    def __init__(
        self,
        audience: str,
        *,
        region: str | None = None,
        algorithm: Algorithm = "RS256",
        lifetime_s: int = 300,
        clock: Clock = time.time,
    ) -> None:
        if algorithm not in ("RS256", "ES384"):
            raise InvalidInput(
                f"STS does not sign with {algorithm!r}", hint="Write RS256 or ES384."
            )
        if not SHORTEST_LIFE_S <= int(lifetime_s) <= LONGEST_LIFE_S:
            raise InvalidInput(
                f"lifetime_s {lifetime_s} is not between {SHORTEST_LIFE_S} and {LONGEST_LIFE_S}",
                hint="Five minutes will do: only the login is checked.",
            )
        self._audience, self._region = audience, region or None
        self._algorithm, self._lifetime_s = algorithm, int(lifetime_s)
        self._client: BaseClient | None = None
        super().__init__(audience=audience, region=region, clock=clock)

    def _fetch(self) -> Token:
        with needs("boto3", "workload-aws", "tokens.aws"):
            import boto3  # noqa: F401 - for the error only
            from botocore.exceptions import BotoCoreError, ClientError
            from botocore.parsers import ResponseParserError
        try:
            if self._client is None:  # kept: it holds the role's credentials
                self._client = self._made()
            given = self._client.get_web_identity_token(
                Audience=[self._audience],
                SigningAlgorithm=self._algorithm,
                DurationSeconds=self._lifetime_s,
            )
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            hint = _HINTS.get(code.removesuffix("Exception"), _ELSE)
            raise TokenUnavailable(_said(error), hint=hint) from error
        except (BotoCoreError, ResponseParserError, ValueError, OSError) as error:
            raise TokenUnavailable(_said(error), hint=_ELSE) from error
        return Token(given["WebIdentityToken"], given["Expiration"].timestamp())

    def _made(self) -> "BaseClient":
        from boto3.session import Session
        from botocore.config import Config

        config = Config(
            connect_timeout=_ONE_ANSWER_S,
            read_timeout=_ONE_ANSWER_S,
            retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
        )
        session = Session(region_name=self._region)
        if session.region_name in (None, _GLOBAL):  # boto3 would ask the global endpoint
            raise TokenUnavailable(
                "no region is named",
                hint="Set AWS_DEFAULT_REGION, or give `region`: the global endpoint of STS has no"
                " such tokens.",
            )
        return session.client("sts", config=config)


def _said(error: Exception) -> str:
    return without_secrets(" ".join(str(error).split())) or type(error).__name__
