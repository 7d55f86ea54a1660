"""OIDC tokens of CI jobs.

GitHub's is asked for by `id`. For the others that package can't be used: on a runner in Google
Cloud it takes the machine's Google identity before it looks at Buildkite, GitLab or CircleCI.
"""

import json
import os
import re
import time

from crdb_sso.errors import TokenUnavailable
from crdb_sso.workload.extras import needs
from crdb_sso.workload.tokens.cache import Clock
from crdb_sso.workload.tokens.files import TokenVariable
from crdb_sso.workload.tokens.programs import output_of
from crdb_sso.workload.tokens.source import CachedSource
from crdb_sso.workload.tokens.token import Token, without_secrets


class GitHubJob(CachedSource):
    """A job of GitHub Actions; its tokens live for about five minutes and can be asked for again.

    Args:
        audience: The `aud` of the token.
        clock: Tells the time.
    """

    kind = "github"

    def __init__(self, audience: str, *, clock: Clock = time.time) -> None:
        self._audience = audience
        super().__init__(audience=audience, clock=clock)

    def _fetch(self) -> Token:
        with needs("id", "workload-ci", "tokens.github"):
            import id as ambient
        _check_job("GITHUB_ACTIONS", "GitHub Actions")
        for name in ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"):
            if not os.environ.get(name):
                raise TokenUnavailable(
                    f"{name} is not set: the job may not ask for tokens",
                    hint="Add `permissions: {id-token: write}` to the job or the workflow.",
                )
        try:
            found = ambient.detect_credential(self._audience)
        except ambient.IdentityError as error:
            said = without_secrets(str(error), os.environ["ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
            raise TokenUnavailable(
                said, hint="Check that the job still runs: its right to tokens ends with it."
            ) from (error if said == str(error) else None)
        return Token(found or "")


class GitLabJob(TokenVariable):
    """A job of GitLab CI. Its token is issued once, for the job: it can't be renewed.

    Args:
        audience: The `aud` of the token; names the variable that is looked at, `<AUD>_ID_TOKEN`.
        variable: Name of the variable in the job's `id_tokens`, if it is another one.
        clock: Tells the time.
    """

    kind = "gitlab"
    main = "variable"
    _renewed_by = "GitLab issues it once for each job: give the job a longer timeout."
    _missing = "Add it to `id_tokens` of the job, with this audience as `aud`."

    def __init__(
        self, audience: str, *, variable: str | None = None, clock: Clock = time.time
    ) -> None:
        super().__init__(variable or variable_for(audience), clock=clock)

    def _read(self) -> str:
        _check_job("GITLAB_CI", "GitLab CI")
        return super()._read()


class BuildkiteJob(CachedSource):
    """A job of Buildkite: its agent asks for the token.

    Args:
        audience: The `aud` of the token.
        clock: Tells the time.
    """

    kind = "buildkite"

    def __init__(self, audience: str, *, clock: Clock = time.time) -> None:
        self._audience = audience
        super().__init__(audience=audience, clock=clock)

    def _fetch(self) -> Token:
        _check_job("BUILDKITE", "Buildkite")
        asked = ("buildkite-agent", "oidc", "request-token", "--audience", self._audience)
        return Token(output_of(asked))


class CircleCiJob(CachedSource):
    """A job of CircleCI: its own command asks for a token with this audience.

    Args:
        audience: The `aud` of the token.
        clock: Tells the time.
    """

    kind = "circleci"

    def __init__(self, audience: str, *, clock: Clock = time.time) -> None:
        self._audience = audience
        super().__init__(audience=audience, clock=clock)

    def _fetch(self) -> Token:
        _check_job("CIRCLECI", "CircleCI")
        claims = json.dumps({"aud": self._audience})
        asked = ("circleci", "run", "oidc", "get", "--claims", claims, "--root-issuer")
        return Token(output_of(asked))


def variable_for(audience: str) -> str:
    """Return the variable in which a GitLab job has its token for an audience, by convention."""
    return re.sub(r"[^A-Z0-9_]|^[^A-Z_]", "_", audience.upper()) + "_ID_TOKEN"


def _check_job(variable: str, where: str) -> None:
    if not os.environ.get(variable):
        raise TokenUnavailable(
            f"this is not a job of {where}: {variable} is not set",
            hint="Name the source of the place where this runs, e.g. tokens.gcp.",
        )
