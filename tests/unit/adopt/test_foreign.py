"""What a program can't express stays as it is, and the reason is given."""

import json
from dataclasses import replace

import pytest

from crdb_sso.adopt.adoption import adoption_of
from crdb_sso.crdb.settings import Setting
from crdb_sso.plan.inputs import LiveUser
from tests.unit.adopted_clusters import (
    ISSUER,
    KEY,
    LINE,
    ORDERS,
    by_hand,
    reasons,
)
from tests.unit.cluster_versions import BEFORE_26_1, SINCE_26_3
from tests.unit.named_keys import ec_key, ed_key
from tests.unit.standard_keys import OCT, RSA, SECRET

B = "https://b.example.com"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param("# note", "it is a comment", id="a comment"),
        pytest.param("cert_map a app_orders", "no adopted issuer has this name", id="another map"),
        pytest.param(
            r"crdb /^(.*)@.*$/ \1",
            "tokens never consult a map called crdb, whatever a published recipe says: the map name"
            " of a token is its issuer. If it is meant for tokens, write"
            rf" `{ISSUER} /^(.*)@.*$ \1`",
            id="the map name of a published recipe",
        ),
        pytest.param(
            ISSUER + r" /^(.*)@.*$/ \1",
            "the / at its end is a part of the expression, which therefore matches nobody, whatever"
            rf" a published recipe says. Write `{ISSUER} /^(.*)@.*$ \1`",
            id="the expression of a published recipe",
        ),
        pytest.param(
            ISSUER + r" /[^\x00-\x{10FFFF}] public",
            "it closes the issuer, so nobody logs in through it",
            id="a closing line",
        ),
        pytest.param(
            ISSUER + r" /^(.*)$ app_\1",
            r"its subject chooses the user (`\1`), so it is not a login for one user",
            id="a user out of the subject",
        ),
        pytest.param(
            f"{ISSUER} s root",
            "the SQL user 'root' is reserved or too powerful for a token login",
            id="a reserved user",
        ),
        pytest.param(f"{ISSUER} s nobody", "there is no such SQL user", id="no user"),
        pytest.param(
            f"{ISSUER} s App_Orders",
            "the SQL user name 'App_Orders' is not as CockroachDB stores it",
            id="another case",
        ),
        pytest.param(
            f"{ISSUER} /orders app_orders",
            "the regular expression '/orders' is not anchored: it lets in every subject that merely"
            " contains a match",
            id="no anchors",
        ),
    ],
)
def test_a_line_that_no_program_can_express_stays(line: str, reason: str) -> None:
    adoption = adoption_of(by_hand({Setting.IDENTITY_MAP: f"{LINE}\n\n{line}"}))

    assert adoption.logins == {"app_orders": ORDERS}
    ((what, said),) = reasons(adoption).items()
    assert what.startswith("identity map line 3")
    assert said == reason


@pytest.mark.parametrize(
    ("issuer", "reason"),
    [
        pytest.param(
            "https://open.example.com",
            "it has no identity map line, so its raw subjects log in as the users of the same name;"
            " a first line would end that",
            id="pass-through",
        ),
        pytest.param(B, "none of its identity map lines is adopted", id="no login"),
        pytest.param(
            "https://cockroachlabs.cloud", "Cockroach Cloud's own logins rely on it", id="vendor"
        ),
        pytest.param("", "the issuer is empty", id="empty"),
        pytest.param(
            "two words",
            "the issuer 'two words' contains ' ': an identity map can't carry it, so it is not the"
            " `iss` of a usable token",
            id="blank",
        ),
    ],
)
def test_an_issuer_that_no_program_can_name_stays(issuer: str, reason: str) -> None:
    texts = {
        Setting.ISSUERS: f'["{ISSUER}", "{issuer}"]',
        Setting.IDENTITY_MAP: f"{LINE}\n{B} s nobody",
    }

    adoption = adoption_of(by_hand(texts))

    assert adoption.issuers == {ISSUER: ""}
    assert reasons(adoption)[f"issuer {issuer!r}"] == reason


@pytest.mark.parametrize(
    ("raw", "what", "reason"),
    [
        pytest.param(
            '{"kty":"RSA","n":"AQAB","e":"AQAB"}',
            "key number 2",
            "it has no `kid`, so no token can select it",
            id="no kid",
        ),
        pytest.param(
            json.dumps(OCT),
            "key 's1'",
            "it is symmetric (oct): anyone who reads it can mint tokens",
            id="symmetric",
        ),
        pytest.param(
            json.dumps(RSA | {"d": SECRET}), "key 'r1'", "it holds a private key", id="private"
        ),
        pytest.param(
            json.dumps(RSA | {"use": "enc"}), "key 'r1'", "it is not for signatures", id="enc"
        ),
        pytest.param(
            '{"kty":"RSA","kid":"weak","n":"AQAB","e":"AQAB"}',
            "key 'weak'",
            "it has 17 bits; fewer than 2048 are unsafe",
            id="weak",
        ),
        pytest.param(
            ed_key("k1"),
            "key 'k1'",
            "an earlier key has the same kid, so the cluster never uses it",
            id="the same kid",
        ),
        pytest.param(
            f'{{"n":{"9" * 5000},{ec_key("big")[1:]}',
            "key 'big'",
            "it has members that can't be compared",
            id="a number that can't be read",
        ),
    ],
)
def test_a_key_that_cannot_be_adopted_stays(raw: str, what: str, reason: str) -> None:
    adoption = adoption_of(by_hand({Setting.JWKS: f'{{"keys":[{KEY},{raw}]}}'}))

    assert adoption.keys == {"k1": KEY}
    assert reasons(adoption) == {what: reason}
    assert SECRET not in repr(adoption)


def test_the_first_of_two_keys_decides_even_if_it_cannot_be_adopted() -> None:
    raw = KEY.replace("EC", "oct")

    adoption = adoption_of(by_hand({Setting.JWKS: f'{{"keys":[{raw},{KEY},{ec_key("k2")}]}}'}))

    assert adoption.keys == {"k2": ec_key("k2")}
    assert [thing.what for thing in adoption.foreign] == ["key 'k1'", "key 'k1'"]


@pytest.mark.parametrize(
    ("raw", "what", "reason"),
    [
        pytest.param('""', "audience ''", "it is empty", id="empty"),
        pytest.param("null", "audience ''", "it is empty", id="null"),
        pytest.param(
            r'"a\u0000b"', r"audience 'a\x00b'", "it has invisible characters", id="invisible"
        ),
        pytest.param(
            r'"\ud800"', r"audience '\ud800'", "it has invisible characters", id="a lone surrogate"
        ),
    ],
)
def test_an_audience_that_no_program_can_name_stays(raw: str, what: str, reason: str) -> None:
    adoption = adoption_of(by_hand({Setting.AUDIENCE: f'["crdb", "two", {raw}]'}))

    assert adoption.audiences == ("crdb", "two")
    assert reasons(adoption) == {what: reason}


def test_a_role_with_an_illegal_name_stays() -> None:
    users = {"app_orders": LiveUser(may_login=True, roles=frozenset({"ok", "Odd Role"}))}

    adoption = adoption_of(by_hand(users=users))

    assert adoption.logins["app_orders"].roles == ("ok",)
    assert reasons(adoption) == {
        "membership of 'app_orders' in 'Odd Role'": "'Odd Role' is not a legal SQL user name"
    }


def test_a_line_for_host_based_rules_is_not_taken_for_one_of_a_recipe() -> None:
    rule = "host all all all cert map=crdb"
    texts = {Setting.HOST_RULES: rule, Setting.IDENTITY_MAP: f"{LINE}\ncrdb a app_orders"}

    assert reasons(adoption_of(by_hand(texts))) == {
        "identity map line 2, 'crdb a app_orders'": "it is of a map that host-based rules use"
        " (`map=`)"
    }


@pytest.mark.parametrize("text", ["<redacted>", "host"], ids=["hidden", "unreadable"])
def test_host_based_rules_that_cannot_be_read_do_not_matter(text: str) -> None:
    assert reasons(adoption_of(by_hand({Setting.HOST_RULES: text}))) == {}


def test_a_rule_for_tokens_by_oauthbearer_is_named() -> None:
    rule = "host all all all oauth map=idp"

    assert reasons(adoption_of(by_hand({Setting.HOST_RULES: rule}))) == {
        f"host-based rule '{rule}'": "its tokens log in by OAUTHBEARER, under the settings and the"
        " map of that method; programs are about tokens in place of a password"
    }


def test_the_claim_of_a_published_recipe_is_named() -> None:
    assert reasons(adoption_of(by_hand({Setting.CLAIM: "preferred_username"}))) == {
        "server.jwt_authentication.claim = preferred_username": "a published recipe for Azure has"
        " it. preferred_username is missing from the tokens of most workloads, and people may be"
        " able to change it: prefer oid or sub"
    }


def test_a_pointer_is_adopted_only_where_the_version_reads_it_as_one() -> None:
    pointed = by_hand({Setting.CLAIM: "/roles/0"})

    assert reasons(adoption_of(replace(pointed, version=BEFORE_26_1))) == {
        "server.jwt_authentication.claim": "it is '/roles/0': this version looks for a claim of"
        " that very name at the top of a token, and takes no JSON Pointer"
    }
    assert adoption_of(replace(pointed, version=SINCE_26_3)).claim == "/roles/0"
