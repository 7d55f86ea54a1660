"""Makes the files that `test_upgrade.py` reads, with the code of an older commit.

The code of commit c8ccfee made those that are here. In the project's folder:

    mkdir ../older && git archive c8ccfee | tar -x -C ../older
    eval "$(make -s env)" && python -m tests.engine.upgrade.make ../older

Do not remake the files of a released version: add another stack.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from psycopg import sql

from tests.engine.upgrade.older_stacks import (
    CLUSTER_ADDRESS,
    CLUSTER_URL,
    CONFIGURED,
    END,
    FETCHED,
    HOST_RULES,
    PINNED,
    TABLES,
    OlderStack,
    read_contents,
    rows_of,
    table_name,
)
from tests.support.servers import EmbeddedCluster, embedded_cluster
from tests.support.shared_folder import shared_folder_kept
from tests.support.stacks import Stack

THEIR_KEYS = (
    ' {"keys" : [ {"kty":"EC", "crv":"P-256","kid":"theirs-2024","use":"sig","alg":"ES256",'
    '"x":"gIelRlyu7P5NyZCZnJ_5JMo31Ca4_TAi9qGKnPEOTr4",\n'
    '"y":"AdCNy8fx_Rw3WGUwEBSB4azxCbfBbhPk9DJedoAWfrA"}]} '
)
ISSUERS = "server.jwt_authentication.issuers.configuration"
JWKS = "server.jwt_authentication.jwks"
AUDIENCE = "server.jwt_authentication.audience"
IDENTITY_MAP = "server.identity_map.configuration"

ROLES_AND_USERS = {
    PINNED: (
        "CREATE ROLE readers",
        "CREATE ROLE writers",
        "CREATE USER ops",
        "CREATE USER app_legacy NOLOGIN",
        "GRANT readers TO app_legacy",
    ),
    CONFIGURED: ("CREATE ROLE readers",),
    FETCHED: ("CREATE USER ann",),
}
SETTINGS = {
    PINNED: {
        JWKS: THEIR_KEYS,
        ISSUERS: "https://theirs.example.com/",
        AUDIENCE: '["theirs" , "others"]',
        IDENTITY_MAP: (
            "# theirs\n\nhttps://theirs.example.com/\t/^(.*)@theirs$  \\1 # people\n"
            "https://one.example.com/  legacy  app_legacy\n"
        ),
        HOST_RULES: "# people\nhost all all all cert-password",
    },
    CONFIGURED: {},
    FETCHED: {
        AUDIENCE: "crdb-staff",
        IDENTITY_MAP: "https://staff.example.com ann@example.com ann\ncert_map bob bob",
    },
}
"""What somebody made and set by hand before the first stack."""

EARLIER_KEY = {
    "kty": "OKP",
    "crv": "Ed25519",
    "kid": "one-2025",
    "x": "tQW7tWdmzLZ86Du3EILUv1G5JfLWB5_xm_0jswBOyDw",
}
"""The key of issuer `one` before its rotation."""

DUE = "2099-01-01"
"""When that key is removed: too late for any run of the test."""


def make(older: OlderStack, code: Path, folder: Path) -> None:
    """Bring up a stack on its own cluster, and write its files."""
    with embedded_cluster(folder, "--version", older.version) as cluster:
        for statement in ROLES_AND_USERS[older]:
            cluster.execute(statement)
        for name, value in SETTINGS[older].items():
            cluster.set(name, value)
        if older is PINNED:
            _bring_up_neighbour(cluster, code, folder)
        older.file("found.sql").write_text("".join(dump(cluster)))
        stack = _stack(older, code, folder / "stack")
        older.write_input(stack, cluster)
        if older is PINNED:
            _bring_up_and_rotate(stack, cluster)
        else:
            stack.up()
        stack.preview("--expect-no-changes")
        older.file("written.sql").write_text("".join(dump(cluster)))
        exported = stack.pulumi("stack", "export", "--show-secrets", "-s", stack.name).text
        older.file("state.json").write_text(_with_placeholders(exported, cluster))


def _stack(older: OlderStack, code: Path, folder: Path, name: str = "test") -> Stack:
    stack = Stack(folder, older.program(code), name, has_passphrase=True)
    stack.environment["PYTHONPATH"] = str(code)
    return stack


def _bring_up_neighbour(cluster: EmbeddedCluster, code: Path, folder: Path) -> None:
    """Bring up another stack, which shares issuer `one` with `pinned`."""
    stack = _stack(PINNED, code, folder / "neighbour", "neighbour")
    wish = json.loads(PINNED.file("wish.json").read_text())
    del wish["issuers"]["two"], wish["by_subject"], wish["args"]["sso_only"]
    wish["logins"] = {"app_near": {"identities": [["one", "near"]], "roles": ["readers"]}}
    stack.wish(wish | {"cluster_url": cluster.admin_url})
    stack.up()


def _bring_up_and_rotate(stack: Stack, cluster: EmbeddedCluster) -> None:
    """Bring up a stack before and after a rotation, and refresh it; no other stack is refreshed."""
    wish = json.loads((stack.folder / "wish.json").read_text())
    rotated = json.loads((stack.folder / "wish.json").read_text())
    wish["issuers"]["one"]["jwks"]["keys"] = [EARLIER_KEY]
    for each in (wish, rotated):
        stack.wish(each)
        stack.up()
    cluster.execute("UPDATE crdb_sso.public.retiring SET until = %s", [DUE])
    stack.refresh()


def dump(cluster: EmbeddedCluster) -> Iterator[str]:
    """Yield the statements that give the same contents to a new cluster with an empty registry."""
    contents = read_contents(cluster)
    for name, (options, _) in contents.users.items():
        if name not in ("root", "admin"):
            yield _composed(f"CREATE USER {{}} {options}".rstrip(), sql.Identifier(name))
    for name, (_, roles) in contents.users.items():
        for role in filter(None, roles.strip("{}").split(",")):
            if name != "root":
                yield _composed("GRANT {} TO {}", sql.Identifier(role), sql.Identifier(name))
    yield from _dump_registry(cluster)
    for name, (value, origin) in contents.settings.items():
        if origin != "default":
            text = sql.SQL(value) if value in ("true", "false") else sql.Literal(value)
            yield _composed("SET CLUSTER SETTING {} = {}", sql.SQL(name), text)


def _dump_registry(cluster: EmbeddedCluster) -> Iterator[str]:
    """Yield what fills the tables, except the lease, which nobody holds."""
    for table in ("meta", *TABLES):
        for row in rows_of(cluster, table):
            literals = (v if isinstance(v, bool | None) else str(v) for v in row)
            values = sql.SQL(", ").join(map(sql.Literal, literals))
            yield _composed("INSERT INTO {} VALUES ({})", table_name(table), values)


def _composed(text: str, *parts: sql.Composable) -> str:
    return sql.SQL(text).format(*parts).as_string(None) + END


def _with_placeholders(exported: str, cluster: EmbeddedCluster) -> str:
    """Return a state without traces of this machine and this run."""
    state = json.loads(exported)
    for resource in state["deployment"]["resources"]:
        for name in ("sourcePosition", "stackTrace"):
            resource.pop(name, None)
    text = json.dumps(state, indent=2) + "\n"
    in_a_secret = json.dumps(cluster.admin_url.replace("&", "\\u0026"))[1:-1]
    for url in (cluster.admin_url, in_a_secret):
        text = text.replace(url, CLUSTER_URL)
    text = text.replace(f"{cluster.host}:{cluster.port}", CLUSTER_ADDRESS)
    assert cluster.host not in text
    assert str(cluster.folder) not in text
    return text


def main(code: Path) -> None:
    """Make the files of all stacks.

    Args:
        code: The project's folder at the older commit.
    """
    with shared_folder_kept():
        for older in (PINNED, CONFIGURED, FETCHED):
            with tempfile.TemporaryDirectory() as folder:
                make(older, code.resolve(), Path(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
