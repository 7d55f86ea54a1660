"""What a program can express of a cluster that was set up by hand."""

from dataclasses import replace

import pytest

from crdb_sso.adopt.adoption import AdoptedLogin, Adoption, Principal, adoption_of, named_users
from crdb_sso.adopt.options import Options
from crdb_sso.crdb.privileges import Privilege
from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.provisioning import GroupSync
from crdb_sso.plan.inputs import LiveUser
from crdb_sso.registry.claims import Kind
from tests.unit.adopted_clusters import (
    ISSUER,
    KEY,
    LINE,
    ORDERS,
    OTHER,
    by_hand,
    claimed,
    reasons,
)
from tests.unit.named_keys import ec_key, ed_key
from tests.unit.standard_keys import jwks

B = "https://b.example.com"


def test_a_login_that_was_set_up_by_hand_is_adopted_completely() -> None:
    users = {"app_orders": LiveUser(may_login=True, roles=frozenset({"writers", "readers"}))}

    assert adoption_of(by_hand(users=users)) == Adoption(
        issuers={ISSUER: ""},
        audiences=("crdb",),
        keys={"k1": KEY},
        logins={"app_orders": AdoptedLogin((Principal(ISSUER, "orders"),), ("readers", "writers"))},
    )


def test_the_users_to_read_are_those_that_the_map_names() -> None:
    text = f"# {B} a app_a\n{B} b  app_b\r\ncert_map x \\1 # y\n"

    assert named_users(by_hand({Setting.IDENTITY_MAP: text})) == {"app_b", r"\1"}
    assert named_users(by_hand({Setting.IDENTITY_MAP: "two fields"})) == frozenset()


def test_a_cluster_from_before_24_3_is_adopted_without_the_settings_it_lacks() -> None:
    live = by_hand()
    lacking = {Setting.CUSTOM_CA, Setting.TIMEOUT, Setting.AUTO_FETCH, Setting.CLAIM}
    older = replace(live, settings={s: v for s, v in live.settings.items() if s not in lacking})

    assert adoption_of(older) == adoption_of(live)


def test_an_adopted_user_that_may_do_more_than_use_data_stays_so() -> None:
    live = by_hand(
        users={"app_orders": LiveUser(may_login=True, privileges=(Privilege("CREATEDB"),))}
    )

    assert adoption_of(live).logins == {"app_orders": replace(ORDERS, is_privileged=True)}


def test_an_adopted_user_that_is_shut_out_stays_so() -> None:
    live = by_hand(users={"app_orders": LiveUser(may_login=False)})

    assert adoption_of(live).logins == {"app_orders": replace(ORDERS, may_login=False)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(f"{ISSUER}\t orders   app_orders # mail", ("orders",), id="odd layout"),
        pytest.param(f"{LINE}\n{LINE}", ("orders",), id="a duplicate"),
        pytest.param(
            f"{LINE}\n{ISSUER} /^o-[0-9]+$ app_orders", ("orders", "/^o-[0-9]+$"), id="re"
        ),
    ],
)
def test_lines_are_adopted_in_their_order_whatever_their_layout(text, expected) -> None:
    adoption = adoption_of(by_hand({Setting.IDENTITY_MAP: text}))

    assert adoption.logins["app_orders"].principals == tuple(
        Principal(ISSUER, subject) for subject in expected
    )
    assert adoption.foreign == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(ISSUER, {ISSUER: ""}, id="a plain text"),
        pytest.param(f' [ "{ISSUER}" , "{ISSUER}"] ', {ISSUER: ""}, id="a list with a duplicate"),
        pytest.param(
            f'{{"issuer_jwks_map": {{"{ISSUER}" : "https:\\/\\/keys.example.com"}}}}',
            {ISSUER: "https://keys.example.com"},
            id="a map",
        ),
        pytest.param(f'{{"issuer_jwks_map":{{"{ISSUER}":null}}}}', {ISSUER: ""}, id="no address"),
        pytest.param(
            f'{{"issuer_jwks_map":{{"{ISSUER}":"https:///keys"}}}}', {ISSUER: ""}, id="no host"
        ),
        pytest.param(f'{{"issuer_jwks_map":{{"{ISSUER}":"\\u0000"}}}}', {ISSUER: ""}, id="no text"),
    ],
)
def test_issuers_are_adopted_with_the_addresses_of_their_keys(text, expected) -> None:
    assert adoption_of(by_hand({Setting.ISSUERS: text})).issuers == expected


def test_a_key_is_adopted_without_members_that_a_cluster_ignores() -> None:
    raw = KEY.replace("{", '{ "x5t": "note", "use": "sig", ', 1)

    adoption = adoption_of(by_hand({Setting.JWKS: raw}))

    assert adoption.keys == {"k1": KEY.replace('"x":', '"use":"sig","x":')}


@pytest.mark.parametrize(
    ("texts", "what", "reason"),
    [
        pytest.param(
            {Setting.ENABLED: "false"},
            "server.jwt_authentication.enabled",
            "it is off, and a program would turn it on",
            id="logins are off",
        ),
        pytest.param(
            {Setting.IDENTITY_MAP: "two fields"},
            "server.identity_map.configuration",
            "the live value of server.identity_map.configuration can't be read: CockroachDB would"
            " not accept line 1 (a line is `issuer subject user`); fix it by hand first",
            id="no map",
        ),
        pytest.param(
            {Setting.JWKS: '{"keys":[]}'},
            "everything else",
            "there is no key that can be adopted",
            id="no key",
        ),
        pytest.param(
            {Setting.AUDIENCE: ""},
            "everything else",
            "there is no audience that can be adopted",
            id="no audience",
        ),
        pytest.param(
            {Setting.IDENTITY_MAP: f"{ISSUER} s nobody"},
            "everything else",
            "there is no identity map line that can be adopted",
            id="no line",
        ),
    ],
)
def test_where_something_needed_is_missing_nothing_is_adopted(texts, what, reason) -> None:
    adoption = adoption_of(by_hand(texts))

    assert replace(adoption, foreign=()) == Adoption()
    assert reasons(adoption)[what] == reason


KEPT = f"the stack {OTHER} has claimed it"


def test_what_another_stack_claims_is_left_to_it() -> None:
    live = by_hand(
        {
            Setting.IDENTITY_MAP: f"{LINE}\n{ISSUER} theirs app_orders",
            Setting.AUDIENCE: '["theirs", "crdb"]',
            Setting.JWKS: jwks().replace("[]", f"[{ec_key('theirs')},{KEY}]"),
        },
        {"app_orders": LiveUser(may_login=True, roles=frozenset({"theirs", "readers"}))},
        claimed(Kind.LINE, f"{ISSUER} theirs app_orders"),
        claimed(Kind.AUDIENCE, "theirs"),
        claimed(Kind.KEY, "theirs", ec_key("theirs")),
        claimed(Kind.MEMBERSHIP, "theirs app_orders"),
    )

    adoption = adoption_of(live)

    assert adoption.logins == {"app_orders": replace(ORDERS, roles=("readers",))}
    assert (adoption.audiences, adoption.keys) == (("crdb",), {"k1": KEY})
    assert reasons(adoption) == {
        "audience 'theirs'": KEPT,
        "key 'theirs'": KEPT,
        f"identity map line 2, '{ISSUER} theirs app_orders'": KEPT,
        "membership of 'app_orders' in 'theirs'": KEPT,
    }


def test_audiences_and_keys_of_another_stack_are_shared_where_there_are_no_others() -> None:
    live = by_hand({}, None, claimed(Kind.AUDIENCE, "crdb"), claimed(Kind.KEY, "k1", KEY))

    adoption = adoption_of(live)

    assert (adoption.audiences, adoption.keys) == (("crdb",), {"k1": KEY})
    assert adoption.foreign == ()


def test_a_key_that_another_stack_wants_to_replace_is_not_shared() -> None:
    live = by_hand({}, None, claimed(Kind.KEY, "k1", ed_key("k1")))

    adoption = adoption_of(live)

    assert adoption.keys == {}
    assert reasons(adoption)["key 'k1'"] == f"the stack {OTHER} wants another key with this kid"


def test_a_stack_that_was_already_adopted_leaves_nothing_to_adopt() -> None:
    adoption = adoption_of(by_hand({}, None, claimed(Kind.LINE, LINE)))

    assert adoption.logins == {}
    assert reasons(adoption)[f"identity map line 1, '{LINE}'"] == KEPT


SYNC = "server.jwt_authentication.authorization.enabled"


def test_options_that_are_on_are_adopted_and_roles_are_left_to_the_groups() -> None:
    texts = {
        Setting.PROVISIONING: "true",
        Setting.GROUP_SYNC: "true",
        Setting.GROUP_CLAIM: "teams",
    }
    users = {"app_orders": LiveUser(may_login=True, roles=frozenset({"readers"}))}

    adoption = adoption_of(by_hand(texts, users))

    assert adoption.options == Options(
        auto_provisioning=True, group_sync=GroupSync("teams", "groups")
    )
    assert adoption.logins == {"app_orders": ORDERS}
    assert reasons(adoption) == {
        "membership of 'app_orders' in 'readers'": (
            "group sync is on, so roles come from the groups in tokens"
        )
    }


@pytest.mark.parametrize(
    ("texts", "claims", "reason"),
    [
        pytest.param({}, [claimed(Kind.SETTING, SYNC, "true")], KEPT, id="another stack's"),
        pytest.param(
            {},
            [claimed(Kind.MEMBERSHIP, "readers them")],
            f"roles are also given by {OTHER}",
            id="another stack gives roles",
        ),
        pytest.param(
            {Setting.USERINFO_GROUP_KEY: ""},
            [],
            "server.jwt_authentication.userinfo_group_key: it is '': the name is blank",
            id="no name",
        ),
        pytest.param(
            {Setting.GROUP_CLAIM: "realm_access/roles"},
            [],
            "server.jwt_authentication.group_claim: it is 'realm_access/roles': CockroachDB refuses"
            " 'realm_access/roles' as the name of a group claim",
            id="a name that newer versions refuse",
        ),
        pytest.param(
            {Setting.GROUP_CLAIM: "<redacted>"},
            [],
            "server.jwt_authentication.group_claim is hidden, or overridden from outside",
            id="hidden",
        ),
    ],
)
def test_group_sync_that_no_program_can_express_stays(texts, claims, reason) -> None:
    adoption = adoption_of(by_hand({Setting.GROUP_SYNC: "true", **texts}, None, *claims))

    assert adoption.options == Options()
    assert adoption.logins == {"app_orders": ORDERS}
    assert reasons(adoption) == {SYNC: reason}


def test_names_of_groups_are_ignored_while_sync_is_off() -> None:
    assert adoption_of(by_hand({Setting.GROUP_CLAIM: "teams"})).options == Options()
