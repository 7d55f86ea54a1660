"""Refusals of DROP USER in the words of pkg/sql/drop_role.go, and what we make of them."""

import pytest

from crdb_sso.crdb.undroppable_users import Stuck, stuck_help, stuck_reasons, stuck_user

DEPEND = "role app cannot be dropped because some objects depend on it\n"
HANDED_OVER = 'USE "shop"; REASSIGN OWNED BY "app" TO "op";'


@pytest.mark.parametrize(
    ("said", "reasons", "statements"),
    [
        pytest.param(
            'cannot drop role/user app: grants still exist on shop, "a, b", shop.sales, '
            'shop.public.t, "Sh.op".public."T"',
            (
                "grants on shop",
                'grants on "a, b"',
                "grants on shop.sales",
                "grants on shop.public.t",
                'grants on "Sh.op".public."T"',
            ),
            (
                'REVOKE ALL ON DATABASE shop FROM "app";',
                'REVOKE ALL ON DATABASE "a, b" FROM "app";',
                'REVOKE ALL ON SCHEMA shop.sales FROM "app";',
                'REVOKE ALL ON TABLE shop.public.t FROM "app";',
                'REVOKE ALL ON TABLE "Sh.op".public."T" FROM "app";',
            ),
            id="grants",
        ),
        pytest.param(
            "cannot drop role/user app: grants still exist on a.b.c.d",
            ("grants on a.b.c.d",),
            ("""SELECT * FROM [SHOW GRANTS FOR "app"] WHERE grantee = 'app';""",),
            id="a grant on something unknown",
        ),
        pytest.param(
            f"{DEPEND}owner of table shop.public.t\nowner of type shop.public.mood",
            ("owner of table shop.public.t", "owner of type shop.public.mood"),
            (HANDED_OVER,),
            id="one statement reassigns two objects of a database",
        ),
        pytest.param(
            f'{DEPEND}owner of table "a""b".public.t',
            ('owner of table "a""b".public.t',),
            ('USE "a""b"; REASSIGN OWNED BY "app" TO "op";',),
            id="a database with a quote",
        ),
        pytest.param(
            f"{DEPEND}owner of database my shop",
            ("owner of database my shop",),
            ('ALTER DATABASE "my shop" OWNER TO "op";',),
            id="a database",
        ),
        pytest.param(
            f"{DEPEND}owner of schema sales",
            ("owner of schema sales",),
            ('REASSIGN OWNED BY "app" TO "op"; -- in each of its databases',),
            id="a schema of an unnamed database",
        ),
        pytest.param(
            f"{DEPEND}privileges for default privileges on new relations belonging to role boss"
            " in database shop",
            (
                (
                    "privileges for default privileges on new relations belonging to role boss"
                    " in database shop"
                ),
            ),
            (
                (
                    'USE "shop"; ALTER DEFAULT PRIVILEGES FOR ROLE "boss" REVOKE ALL ON TABLES FROM'
                    ' "app";'
                ),
            ),
            id="default privileges of one role",
        ),
        pytest.param(
            f"{DEPEND}privileges for default privileges on new types for all roles",
            ("privileges for default privileges on new types for all roles",),
            ('ALTER DEFAULT PRIVILEGES FOR ALL ROLES REVOKE ALL ON TYPES FROM "app";',),
            id="default privileges of all roles",
        ),
        pytest.param(
            f"{DEPEND}privileges for default privileges on new models for all roles",
            ("privileges for default privileges on new models for all roles",),
            ('SHOW DEFAULT PRIVILEGES FOR GRANTEE "app";',),
            id="default privileges on something unknown",
        ),
        pytest.param(
            f"{DEPEND}owner of default privileges on new relations belonging to role app",
            ("owner of default privileges on new relations belonging to role app",),
            ('SHOW DEFAULT PRIVILEGES FOR ROLE "app";',),
            id="default privileges for its own objects",
        ),
        pytest.param(
            f"{DEPEND}privileges on system: CREATEDB, VIEWACTIVITY",
            ("privileges on system: CREATEDB, VIEWACTIVITY",),
            ('REVOKE SYSTEM CREATEDB, VIEWACTIVITY FROM "app";',),
            id="system privileges",
        ),
        pytest.param(
            "cannot drop role/user app; it owns 2 scheduled jobs.\n",
            ("cannot drop role/user app; it owns 2 scheduled jobs.",),
            ("SHOW SCHEDULES; -- then DROP SCHEDULE id; for each one that app owns",),
            id="schedules",
        ),
        pytest.param(
            "app is needed elsewhere",
            ("app is needed elsewhere",),
            (
                """SELECT * FROM [SHOW GRANTS FOR "app"] WHERE grantee = 'app';""",
                """SELECT * FROM [SHOW SYSTEM GRANTS FOR "app"] WHERE grantee = 'app';""",
            ),
            id="an unknown reason",
        ),
    ],
)
def test_what_holds_a_user_is_named_with_the_statements_that_help(
    said: str, reasons: tuple[str, ...], statements: tuple[str, ...]
) -> None:
    assert stuck_user("app", said, "op") == Stuck("app", reasons, statements)


def test_a_few_reasons_and_statements_are_shown_and_the_rest_is_counted() -> None:
    names = ", ".join(f"shop.public.t{number}" for number in range(12))
    stuck = stuck_user("app", f"cannot drop role/user app: grants still exist on {names}", "op")

    listed = ", ".join(f"grants on shop.public.t{number}" for number in range(10))
    assert stuck_reasons([stuck]) == f"app ({listed}, ... and 2 more)"
    lines = stuck_help([stuck]).splitlines()
    assert lines[1] == '    REVOKE ALL ON TABLE shop.public.t0 FROM "app";'
    assert (len(lines), lines[-1]) == (12, "    ... and 2 more")


def test_a_few_users_are_shown_and_the_rest_is_counted() -> None:
    many = [Stuck(f"u{number}", ("why",), (f"free u{number};",)) for number in range(11)]

    assert stuck_reasons(many[:2]) == "u0 (why); u1 (why)"
    assert stuck_reasons(many).endswith("; u9 (why); ... and 1 more")
    assert stuck_help(many).splitlines()[-1] == "    free u9;"
