"""Which reason wins in versions that check in another order than most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.expectations import every_version, holds, says
from tests.contract.raw_login import CLEARTEXT_PASSWORD
from tests.contract.spoilt_logins import (
    AUDIENCE,
    COLLAPSED,
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
    UNPARSED,
    Attempt,
    bad_signature,
    disabled,
    empty,
    expired,
    foreign_issuer,
    garbled,
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
from tests.contract.tokens import token

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.cluster import Cluster
    from tests.contract.spoilt_logins import Told
    from tests.contract.sso import Sso
    from tests.contract.temporary_users import Users

pytestmark = every_version
HAS_CLAIM = holds(since="23.1.2")


@holds(before="23.1.17")
@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        row(NO_USER, no_such_user),
        row(NO_LOGIN, no_login),
        row(NO_USER, empty),
        row(NOT_ENABLED, disabled),
        row(COLLAPSED, malformed),
        row(COLLAPSED, garbled),
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
        row(UNPARSED, malformed),
        row(UNPARSED, garbled),
        row(UNPARSED, unreadable),
        row(ISSUER, foreign_issuer),
        row(INVALID, bad_signature),
        row(INVALID, expired),
        row(INVALID, not_yet_issued),
        row(INVALID, not_yet_valid),
        row(NO_CLAIM, no_claim),
        row(NO_MAPPING, unmapped),
        row(PRINCIPAL, other_subject),
        row(RESERVED, root),
        row(AUDIENCE, other_audience),
        # what the token says of itself comes before the user
        row(NOT_ENABLED, no_such_user, disabled),
        row(UNPARSED, no_such_user, malformed),
        row(UNPARSED, no_login, malformed),
        row(NO_CLAIM, no_such_user, no_claim),
        row(NO_MAPPING, no_login, unmapped),
        row(PRINCIPAL, no_such_user, other_subject),
        # and is read without believing it: an error there says nothing of issuer and signature
        row(NO_CLAIM, no_claim, bad_signature),
        row(NO_CLAIM, no_claim, foreign_issuer),
        row(NO_CLAIM, no_claim, expired),
        row(NO_MAPPING, unmapped, bad_signature),
        row(NO_MAPPING, unmapped, expired),
        row(PRINCIPAL, other_subject, bad_signature),
        row(PRINCIPAL, other_subject, foreign_issuer),
        row(PRINCIPAL, other_subject, expired),
        row(ISSUER, unmapped, foreign_issuer),  # the map of the token's own issuer has no line
        # the user comes before issuer, signature, times and audience
        row(NO_USER, no_such_user, foreign_issuer),
        row(NO_USER, no_such_user, bad_signature),
        row(NO_USER, no_such_user, expired),
        row(NO_USER, no_such_user, other_audience),
        row(NO_LOGIN, no_login, foreign_issuer),
        row(NO_LOGIN, no_login, bad_signature),
        row(NO_LOGIN, no_login, expired),
        row(NO_LOGIN, no_login, other_audience),
        # among the others
        row(NOT_ENABLED, disabled, malformed),
        row(UNPARSED, unreadable, foreign_issuer),
        row(ISSUER, foreign_issuer, bad_signature),
        row(ISSUER, foreign_issuer, expired),
        row(ISSUER, foreign_issuer, root),
        row(INVALID, bad_signature, expired),
        row(INVALID, bad_signature, root),
        row(INVALID, expired, root),
        row(INVALID, expired, other_audience),
        row(RESERVED, root, other_audience),
    ],
)
def test_from_25_4_on_whom_the_token_names_comes_first_then_the_user_then_the_rest(
    cluster: Cluster,
    sso: Sso,
    users: Users,
    spoilt: tuple[Callable[[Attempt], None], ...],
    expected: Told,
) -> None:
    """Source: A3, #149415; the place of LOGIN rests on the latter alone."""
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
def test_from_25_4_on_an_unsigned_token_tells_whether_a_user_exists(
    cluster: Cluster, sso: Sso, users: Users
) -> None:
    sso.trust()
    there, missing = users.create(), users.name()
    unsigned = {
        user: token(sso.keys["rsa"], sso.claims(sub=user), sign_with="none")
        for user in (there, missing)
    }
    assert cluster.knock(there, unsigned[there]).message == "JWT authentication: invalid token"
    refused = cluster.knock(missing, unsigned[missing])
    assert refused.message == f"password authentication failed for user {missing}"


@holds(since="25.4")
@pytest.mark.parametrize("spoilt", [(empty,), (empty, no_such_user), (empty, disabled)])
def test_from_25_4_on_an_empty_token_is_a_wrong_password_for_every_user(
    cluster: Cluster, sso: Sso, users: Users, spoilt: tuple[Callable[[Attempt], None], ...]
) -> None:
    """The SQLSTATE is 28000 (inferred, open); 28P01 would do as well."""
    attempt = Attempt(sso, users, sso.person)
    for spoil in spoilt:
        spoil(attempt)
    answer = attempt.made(cluster)
    assert answer.message == f"password authentication failed for user {attempt.user}"
    assert answer.sqlstate in {"28P01", "28000"}
    assert answer.asked == CLEARTEXT_PASSWORD
