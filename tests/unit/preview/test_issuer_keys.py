"""What previews say of keys of your own."""

from datetime import datetime, timedelta, timezone

import pytest

from crdb_sso.preview.issuer_keys import first_key_line, rotation_lines
from crdb_sso.tokens.own_keys import OwnKeys
from tests.docs.pages import blocks

OLD = "P2H0wnOXkUYRu9CtJuyI2lSTnfn3DvuA63fo3QCawdg"
END = datetime(2026, 12, 2, 6, 30, tzinfo=timezone.utc)
ONE = OwnKeys(OLD, {OLD: "{}"}, {})
BOTH = OwnKeys("new", {OLD: "{}", "new": "{}"}, {OLD: END})
ALONE = OwnKeys("new", {"new": "{}"}, {})


@pytest.mark.parametrize(
    ("before", "after", "algorithm", "expected"),
    [
        pytest.param(
            ONE,
            BOTH,
            "ES256",
            [
                "~ signer: a new private key is made (ES256), and signs from then on",
                f"~ signer: key {OLD} no longer signs, published until 2026-12-02 06:30 UTC",
            ],
            id="a key is made",
        ),
        pytest.param(
            ONE,
            ALONE,
            "",
            [
                "~ signer: key new signs from then on",
                f"- signer: key {OLD} is no longer published",
            ],
            id="another key is given, without an overlap",
        ),
        pytest.param(
            OwnKeys("new", BOTH.texts, {OLD: END + timedelta(days=1)}),
            BOTH,
            "",
            [f"~ signer: key {OLD} no longer signs, published until 2026-12-02 06:30 UTC"],
            id="a shorter overlap",
        ),
        pytest.param(BOTH, BOTH, "", [], id="nothing"),
    ],
)
def test_a_rotation_says_what_signs_and_what_stays(
    before: OwnKeys, after: OwnKeys, algorithm: str, expected: list[str]
) -> None:
    assert list(rotation_lines("signer", before, after, algorithm)) == expected


def test_the_page_shows_these_lines() -> None:
    shown = {
        line
        for block in blocks("docs/issuers/self-minted.md")
        if not block.info
        for line in block.content.splitlines()
    }

    assert shown == {
        first_key_line("signer", "ES256", ""),
        *rotation_lines("signer", ONE, BOTH, "ES256"),
    }
