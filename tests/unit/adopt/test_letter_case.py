"""Lines that differ only in case: one identity where case does not count."""

from dataclasses import replace

from crdb_sso.adopt.adoption import AdoptedLogin, Principal, adoption_of
from crdb_sso.crdb.settings import Setting
from crdb_sso.plan.inputs import LiveUser
from crdb_sso.registry.claims import Kind
from tests.unit.adopted_clusters import ISSUER, LINE, ORDERS, by_hand, claimed, reasons
from tests.unit.cluster_versions import BEFORE_26_1

ALIKE = {Setting.IDENTITY_MAP: f"{LINE}\n{ISSUER} ORDERS app_orders\n{ISSUER} Orders other\n"}
TWO_USERS = {"app_orders": LiveUser(may_login=True), "other": LiveUser(may_login=True)}


def test_lines_that_differ_only_in_case_are_one_identity_where_case_does_not_count() -> None:
    adoption = adoption_of(by_hand(ALIKE, TWO_USERS))

    assert adoption.logins == {
        "app_orders": ORDERS,
        "other": AdoptedLogin((Principal(ISSUER, "Orders"),)),
    }
    assert reasons(adoption) == {
        f"identity map line 2, '{ISSUER} ORDERS app_orders'": (
            f"case does not count on this cluster, so it says the same as '{LINE}', which is in the"
            " program; remove it by hand, as it would let the subject in after the program does not"
        )
    }


def test_lines_that_differ_only_in_case_are_adopted_where_case_counts() -> None:
    adoption = adoption_of(replace(by_hand(ALIKE, TWO_USERS), version=BEFORE_26_1))

    assert adoption.logins == {
        "app_orders": AdoptedLogin((Principal(ISSUER, "orders"), Principal(ISSUER, "ORDERS"))),
        "other": AdoptedLogin((Principal(ISSUER, "Orders"),)),
    }
    assert adoption.foreign == ()


def test_a_line_that_another_stack_has_keeps_none_in_other_case_from_being_adopted() -> None:
    adoption = adoption_of(by_hand(ALIKE, TWO_USERS, claimed(Kind.LINE, LINE)))

    assert adoption.logins["app_orders"].principals == (Principal(ISSUER, "ORDERS"),)
