"""What the demos have in common: servers on loopback, a workload, and a project driven by `pulumi`.

Everything that a demo creates is in a folder below `.state/demo/`. The folder is removed in the
end, and all processes are stopped.
"""

import json
import os
import re
import shutil
import ssl
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from dev.processes import Processes, ProgramFailed
from dev.setup.environment import LOCAL_PASSPHRASE, closed_environment

ROOT = Path(__file__).resolve().parents[2]
STACK = "local"
COMMAND_LIMIT_S = 300.0
# An error of ours at the end of a traceback, or one of Pulumi's that is more than a headline.
_ERROR = re.compile(r"(?:crdb_sso\.errors\.\w+|error): (?!Traceback|\w+ failed$)(.+)")
LOGIN_REFUSED = 6  # the exit code of `crdb-sso explain`
INTERRUPTED = 128  # plus the signal's number: the status of a program that a signal ended


class DemoFailed(Exception):
    """The story did not go as it should."""


def perform(tell: Callable[[Processes, Path], None]) -> int:
    """Tell a story with its own processes and folder; status 0 if it ended well."""
    forget_other_targets()
    processes = Processes()
    try:
        with fresh_folder() as folder, processes:
            tell(processes, folder)
    except KeyboardInterrupt:
        print("demo: interrupted; everything it started has been stopped", flush=True)
        return INTERRUPTED + (processes.signum or 0)
    except (DemoFailed, ProgramFailed, psycopg.Error, httpx.HTTPError) as exc:
        print(f"demo: failed: {exc}", flush=True)
        return 1
    print("demo: ok", flush=True)
    return 0


def forget_other_targets() -> None:
    """Drop variables that point libpq, Pulumi or HTTPS elsewhere: everything is on loopback."""
    for name in list(os.environ):
        if name.startswith(("PG", "PULUMI_")):
            del os.environ[name]
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "localhost,127.0.0.1"


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """Make a folder for one run, named after this process, and remove it in the end."""
    parent = ROOT / ".state" / "demo"
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"run-{os.getpid()}-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def say(text: str) -> None:
    """Announce a step."""
    print(f"demo: {text}", flush=True)


def show(text: str) -> None:
    """Show the result of a step."""
    print(f"    {text}".rstrip(), flush=True)


def first_error(lines: Sequence[str]) -> str:
    """Return the line of Pulumi's output that says what went wrong."""
    found = [match[1] for line in lines if (match := _ERROR.search(line))]
    return found[0] if found else "see above"


def start_servers(processes: Processes, folder: Path) -> tuple[Mapping[str, Any], "Issuer"]:
    """Start the embedded cluster and the local issuer; return what they say when ready."""
    cluster = processes.serve(server("emulator", folder), log=folder / "cluster.log", cwd=ROOT)
    show(f"cluster  {cluster['host']}:{cluster['port']}, CockroachDB {cluster['version']} EMULATOR")
    issuer = Issuer(processes.serve(server("issuer", folder), log=folder / "issuer.log", cwd=ROOT))
    show(f"issuer   {issuer.name}")
    return cluster, issuer


def server(name: str, folder: Path) -> list[str]:
    """Return the command of one of our servers, with its own folder."""
    return [sys.executable, "-m", f"dev.{name}", "--dir", str(folder / name)]


def make_role(admin_url: str, role: str) -> None:
    """Create a role as the cluster's operator."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))


@dataclass(frozen=True, slots=True)
class Login:
    """The tokens that open a login."""

    subject: str
    audience: str


class Issuer:
    """The local issuer, as a workload sees it."""

    def __init__(self, ready: Mapping[str, Any]) -> None:
        self._ready = ready
        self.name: str = ready["issuer"]
        self.ca_cert: str = ready["ca_cert"]
        self._endpoint: str = ready["token_endpoint"]
        self._credentials = (ready["client_id"], ready["client_secret"])

    def token(self, login: Login, **more: str) -> str:
        """Get a token with this subject and audience; `as="google"` makes it look like Google's."""
        answer = httpx.post(
            self._endpoint,
            auth=self._credentials,
            data={
                "grant_type": "client_credentials",
                "sub": login.subject,
                "aud": login.audience,
                **more,
            },
            verify=self._tls(),
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def keys_as(self, voice: str) -> str:
        """Return the key set that is published for `google` or `entra`."""
        answer = httpx.get(self._ready[f"{voice}_jwks_uri"], verify=self._tls())
        return answer.raise_for_status().text

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca_cert)


@dataclass(frozen=True, slots=True)
class Workload:
    """A service that has the URL of the stack's output and the cluster's CA, but no password."""

    url: str
    ca_cert: str

    def log_in(self, token: str) -> str:
        """Open a SQL session with a token, and return which user it has."""
        with psycopg.connect(self.url, password=token, sslrootcert=self.ca_cert) as connection:
            row = connection.execute("SELECT current_user").fetchone()
        if row is None:
            raise DemoFailed("SELECT current_user returned no row")
        return f"SELECT current_user -> {row[0]}"

    def fail_to_log_in(self, token: str) -> str:
        """Try the same where it must not work, and return how the cluster says no."""
        try:
            self.log_in(token)
        except psycopg.OperationalError as exc:
            said = str(exc)
            return " ".join(said[max(0, said.find("ERROR:")) :].split())
        raise DemoFailed("the cluster let in a token that it should refuse")


def show_refusal(
    processes: Processes, cluster: Mapping[str, Any], workload: Workload, token: str
) -> None:
    """Show how the cluster refuses a token, and what `crdb-sso explain` says of it."""
    show(workload.fail_to_log_in(token))
    explain(processes, cluster, workload, token)


def explain(
    processes: Processes, cluster: Mapping[str, Any], workload: Workload, token: str
) -> None:
    """Show what `crdb-sso explain` says of a login that was refused: all of it but the checks."""
    user = conninfo_to_dict(workload.url)["user"]
    command = [sys.executable, "-m", "crdb_sso", "explain", "--user", str(user)]
    env = {**os.environ, "CRDB_SSO_CLUSTER_URL": cluster["admin_url"], "CRDB_SSO_DEMO_TOKEN": token}
    show(f"crdb-sso explain --user {user} --token-from env:TOKEN")
    lines = processes.run(
        [*command, "--token-from", "env:CRDB_SSO_DEMO_TOKEN"],
        cwd=ROOT,
        env=env,
        limit_s=COMMAND_LIMIT_S,
        ends_with=LOGIN_REFUSED,
    )
    is_shown = False
    for line in lines:
        is_shown = is_shown or line.startswith("The login of")
        if is_shown:
            show(line)


class Project:
    """This project's program, on a new stack.

    The stack's settings are in a copy of `Pulumi.local.yaml`, so that the committed file does not
    change. Pulumi finds the copy next to a copy of `Pulumi.yaml`.
    """

    def __init__(self, processes: Processes, folder: Path) -> None:
        self._processes = processes
        self.home = folder / "home"
        self._settings = folder / "settings"
        self._config_file = self._settings / f"Pulumi.{STACK}.yaml"
        backend = folder / "backend"
        for new in (self._settings, backend):
            new.mkdir()
        for name in ("Pulumi.yaml", self._config_file.name):
            shutil.copy(ROOT / name, self._settings)
        self._env = {
            **os.environ,
            **closed_environment(ROOT, os.environ),
            "PULUMI_BACKEND_URL": f"file://{backend}",
            "PULUMI_HOME": str(self.home),
            "PULUMI_CONFIG_PASSPHRASE": LOCAL_PASSPHRASE,
        }
        self._settle("stack", "init")

    def configure(self, values: Mapping[str, str]) -> None:
        """Set values of the stack; only the cluster's URL is encrypted."""
        for key, value in values.items():
            secret = ["--secret"] if key == "clusterUrl" else []
            self._settle("config", "set", *secret, key, value)
            show(f"pulumi config set {' '.join([*secret, key])} ...")

    def subject_login(self) -> tuple[str, Login]:
        """Return a SQL user that logs in with tokens of the issuer, and which tokens those are."""
        config = self._config()
        logins = sorted(
            (u, of["subjects"]) for u, of in config["logins"].items() if "subjects" in of
        )
        user, (subject, *_) = logins[0]
        return user, Login(subject, config["audience"])

    def roles(self) -> list[str]:
        """Return all roles that the configured logins get."""
        logins = self._config()["logins"].values()
        return sorted({role for login in logins for role in login.get("roles", [])})

    def add_subject(self, user: str, subject: str) -> None:
        """Let tokens of one more subject open a login."""
        place = len(self._config()["logins"][user]["subjects"])
        self.set_path(f"logins.{user}.subjects[{place}]", subject)

    def set_path(self, path: str, value: str) -> None:
        """Set one value inside an object of the settings."""
        self._settle("config", "set", "--path", path, value)
        show(f"pulumi config set --path '{path}' {value}")

    def connect_url(self, user: str) -> str:
        """Return the URL with which a login connects, from the stack's output."""
        outputs = json.loads("".join(self._settle("stack", "output", "--json")))
        return str(outputs["connect"][user]["url"])

    def pulumi(self, *command: str) -> None:
        """Run a command on the project's program, and show what it prints."""
        more = ("--non-interactive", "--suppress-progress", "--config-file", str(self._config_file))
        shown = []
        try:
            for line in self._run(ROOT, [*command, *more]):
                show(line)
                shown.append(line)
        except ProgramFailed as exc:
            raise DemoFailed(f"{exc.reason}: {first_error(shown)}") from exc

    def _config(self) -> dict[str, Any]:
        """Return the stack's settings by key, without the project's name."""
        entries = json.loads("".join(self._settle("config", "--json")))
        return {
            key.partition(":")[2]: entry.get("objectValue", entry.get("value"))
            for key, entry in entries.items()
        }

    def _settle(self, *command: str) -> list[str]:
        """Run a command in the folder with the stack's settings, and return what it prints."""
        return list(self._run(self._settings, [*command, "--non-interactive"]))

    def _run(self, cwd: Path, command: list[str]) -> Iterator[str]:
        argv = ["pulumi", *command, "--stack", STACK, "--color", "never"]
        return self._processes.run(argv, cwd=cwd, env=self._env, limit_s=COMMAND_LIMIT_S)
