"""AWS: the role of a workload, by STS outbound federation."""

from collections.abc import Iterator

import pytest

from crdb_sso.errors import InvalidInput, TokenUnavailable
from crdb_sso.workload import tokens
from tests.support.token_servers import TokenServer, aws_sts, sts_refused
from tests.unit.scripted_https_server import text
from tests.unit.workload.token_texts import NEVER_SHOWN, VirtualClock, jwt

CLOCK = VirtualClock()
ROLE = "arn:aws:iam::123456789012:role/shop-orders"
KEY = "hunter2-of-the-role"


def mint(audience: str) -> str:
    return jwt(sub=ROLE, aud=[audience], exp=CLOCK() + 300)


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    with aws_sts(mint) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
        yield server


def test_a_role_asks_for_its_token_once_for_each_lifetime(sts: TokenServer) -> None:
    source = tokens.aws("crdb", clock=CLOCK)
    first = source.token()

    assert first.value == mint("crdb")
    assert first.expires_at == CLOCK() + 300
    assert source.token() is first
    assert sts.given == ["crdb"]
    assert sts.form == {
        "Action": "GetWebIdentityToken",
        "Version": "2011-06-15",
        "Audience.member.1": "crdb",
        "SigningAlgorithm": "RS256",
        "DurationSeconds": "300",
    }
    assert repr(source) == "tokens.aws(audience='crdb')"


def test_region_algorithm_and_lifetime_can_be_chosen(sts: TokenServer) -> None:
    tokens.aws("crdb", region="us-east-1", algorithm="ES384", lifetime_s=3600).token()

    assert (sts.form["SigningAlgorithm"], sts.form["DurationSeconds"]) == ("ES384", "3600")


def test_a_busy_sts_is_asked_again(sts: TokenServer) -> None:
    sts.refusals.append(sts_refused(400, "Throttling", "Rate exceeded"))

    assert tokens.aws("crdb", clock=CLOCK).token().value == mint("crdb")


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("OutboundWebIdentityFederationDisabledException", "enable-outbound-web-identity"),
        ("OutboundWebIdentityFederationDisabled", "enable-outbound-web-identity"),
        ("AccessDenied", "sts:GetWebIdentityToken"),
        ("SessionDurationEscalationException", "shorter `lifetime_s`"),
        ("ExpiredToken", "Run it where an IAM role is"),
    ],
)
def test_what_sts_refuses_is_said_with_the_next_step(
    sts: TokenServer, code: str, hint: str
) -> None:
    sts.refusals.append(sts_refused(403, code, f"not for {ROLE}; {jwt()}"))

    with pytest.raises(TokenUnavailable, match=f"not for {ROLE}") as caught:
        tokens.aws("crdb").token()

    assert hint in caught.value.hint
    assert NEVER_SHOWN not in str(caught.value)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("region", [None, "aws-global"])
def test_without_a_region_the_next_step_is_to_name_one(
    sts: TokenServer, monkeypatch: pytest.MonkeyPatch, region: str | None
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")

    with pytest.raises(TokenUnavailable, match="no region is named") as caught:
        tokens.aws("crdb", region=region).token()

    assert "AWS_DEFAULT_REGION" in caught.value.hint
    assert sts.given == []


def test_an_answer_that_is_not_of_sts_is_said(sts: TokenServer) -> None:
    sts.refusals.append(text(f"<html>a proxy: {jwt()}", 407))

    with pytest.raises(TokenUnavailable, match="Unable to parse response") as caught:
        tokens.aws("crdb").token()

    assert NEVER_SHOWN not in str(caught.value)


def test_without_a_role_that_is_said(sts: TokenServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")

    with pytest.raises(TokenUnavailable, match="Unable to locate credentials") as caught:
        tokens.aws("crdb").token()

    assert "where an IAM role is" in caught.value.hint
    assert sts.given == []


@pytest.mark.parametrize(
    "arguments", [{"lifetime_s": 59}, {"lifetime_s": 3601}, {"algorithm": "HS256"}]
)
def test_what_sts_would_not_do_is_refused_at_once(arguments: dict[str, int]) -> None:
    with pytest.raises(InvalidInput):
        tokens.aws("crdb", **arguments)  # type: ignore[arg-type]
