"""Which reason wins in versions that check in another order than most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.expectations import every_version, holds, says
from tests.contract.raw_login import CLEARTEXT_PASSWORD
from tests.contract.spoilt_logins import (
    AUDIENCE,
    COLLAPSED,
    FORMAT,
    INVALID,
    ISSUER,
    LIBRARY_WORDS,
    NO_CLAIM,
    NO_LOGIN,
    NO_MAPPING,
    NO_USER,
    NOT_ENABLED,
    PRINCIPAL,
    RESERVED,
    SIGNATURE,
    Attempt,
    bad_signature,
    disabled,
    empty,
    expired,
    foreign_issuer,
    malformed,
    no_claim,
    no_login,
    no_such_user,
    not_yet_issued,
    not_yet_valid,
    other_audience,
    other_subject,
    root,
    row,
    told,
    unmapped,
    unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.cluster import Cluster
    from tests.contract.spoilt_logins import Told
    from tests.contract.sso import Sso
    from tests.contract.temporary_users import Users

pytestmark = every_version
HAS_CLAIM = holds(since="23.1")


@holds(before="23.1.17")
@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        row(NO_USER, no_such_user),
        row(NO_LOGIN, no_login),
        row(NO_USER, empty),
        row(NOT_ENABLED, disabled),
        row(COLLAPSED, malformed),
        row(COLLAPSED, bad_signature),
        row(COLLAPSED, expired),
        row(COLLAPSED, not_yet_issued),
        row(COLLAPSED, not_yet_valid),
        row(ISSUER, foreign_issuer),
        row(NO_CLAIM, no_claim, marks=HAS_CLAIM),
        row(NO_MAPPING, unmapped),
        row(PRINCIPAL, other_subject),
        row(RESERVED, root),
        row(AUDIENCE, other_audience),
        row(NO_USER, no_such_user, malformed),
        row(NO_LOGIN, no_login, malformed),
        row(NOT_ENABLED, disabled, malformed),
        row(COLLAPSED, bad_signature, foreign_issuer),
        row(COLLAPSED, expired, foreign_issuer),
        row(COLLAPSED, expired, unmapped),
        row(ISSUER, foreign_issuer, unmapped),
        row(ISSUER, foreign_issuer, other_audience),
        row(NO_MAPPING, unmapped, root),
        row(RESERVED, root, other_audience),
    ],
)
def test_up_to_23_1_the_signature_comes_before_the_issuer_and_gives_no_detail(
    cluster: Cluster,
    sso: Sso,
    users: Users,
    spoilt: tuple[Callable[[Attempt], None], ...],
    expected: Told,
) -> None:
    attempt = Attempt(sso, users, sso.person)
    for spoil in spoilt:
        spoil(attempt)
    answer = attempt.made(cluster)
    assert (answer.sqlstate, answer.message, answer.detail or "") == told(expected, attempt)
    assert answer.asked == (None if {no_such_user, no_login} & set(spoilt) else CLEARTEXT_PASSWORD)


@holds(since="25.4")
@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        row(NO_USER, no_such_user),
        row(NO_LOGIN, no_login),
        row(NOT_ENABLED, disabled),
        row(FORMAT, malformed),
        row(FORMAT, unreadable),
        row(ISSUER, foreign_issuer),
        row(SIGNATURE, bad_signature),
        row(INVALID, expired),
        row(INVALID, not_yet_issued),
        row(INVALID, not_yet_valid),
        row(NO_CLAIM, no_claim),
        row(NO_MAPPING, unmapped),
        row(PRINCIPAL, other_subject),
        row(RESERVED, root),
        row(AUDIENCE, other_audience),
        # the token, its issuer, signature and principal before the user
        row(NOT_ENABLED, no_such_user, disabled),
        row(FORMAT, no_such_user, malformed),
        row(FORMAT, no_login, malformed),
        row(ISSUER, no_such_user, foreign_issuer),
        row(SIGNATURE, no_such_user, bad_signature),
        row(SIGNATURE, no_login, bad_signature),
        row(PRINCIPAL, no_such_user, other_subject),
        row(NO_MAPPING, no_login, unmapped),
        # the user before times and audience
        row(NO_USER, no_such_user, expired),
        row(NO_USER, no_such_user, other_audience),
        row(NO_LOGIN, no_login, expired),
        row(NO_LOGIN, no_login, other_audience),
        # among the checks of the token
        row(NOT_ENABLED, disabled, malformed),
        row(FORMAT, unreadable, foreign_issuer),
        row(ISSUER, foreign_issuer, bad_signature),
        row(SIGNATURE, bad_signature, no_claim),
        row(SIGNATURE, bad_signature, expired),
        row(NO_CLAIM, no_claim, expired),
        row(NO_MAPPING, unmapped, expired),
        row(PRINCIPAL, other_subject, expired),
        row(INVALID, expired, other_audience),
        row(INVALID, expired, root),
        row(RESERVED, root, other_audience),
    ],
)
def test_from_25_4_on_the_token_comes_before_the_user(
    cluster: Cluster,
    sso: Sso,
    users: Users,
    spoilt: tuple[Callable[[Attempt], None], ...],
    expected: Told,
) -> None:
    attempt = Attempt(sso, users, sso.person)
    for spoil in spoilt:
        spoil(attempt)
    answer = attempt.made(cluster)
    sqlstate, message, detail = told(expected, attempt)
    assert (answer.sqlstate, answer.message) == (sqlstate, message)
    if expected in LIBRARY_WORDS:
        assert says(detail, answer.detail), answer.detail
    else:
        assert (answer.detail or "") == detail
    assert answer.asked == CLEARTEXT_PASSWORD


@holds(since="25.4")
@pytest.mark.parametrize("spoilt", [(empty,), (empty, no_such_user), (empty, disabled)])
def test_from_25_4_on_an_empty_token_is_a_wrong_password_for_every_user(
    cluster: Cluster, sso: Sso, users: Users, spoilt: tuple[Callable[[Attempt], None], ...]
) -> None:
    attempt = Attempt(sso, users, sso.person)
    for spoil in spoilt:
        spoil(attempt)
    answer = attempt.made(cluster)
    assert answer.message == f"password authentication failed for user {attempt.user}"
    assert answer.sqlstate in {"28P01", "28000"}
    assert answer.asked == CLEARTEXT_PASSWORD
