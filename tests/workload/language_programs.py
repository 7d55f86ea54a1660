"""The programs of examples/workloads as a person builds and runs them."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.registries import is_out_of_reach
from tests.support.servers import PATIENCE_S, PROJECT

EXAMPLES = PROJECT / "examples" / "workloads"
LONGEST_BUILD_S = 400  # without caches, on a machine that others use too

_TOO_OLD = re.compile(r"requires go >= [\d.]+|release version \d+ not supported|Unsupported engine")


@dataclass(frozen=True)
class Language:
    """How the program of one language is built and run.

    Attributes:
        folder: Its folder in examples/workloads.
        tools: What has to be on the machine.
        build: What a person types first; asks the language's registry for what is not there yet.
        run: What a person types then.
        on_expiry: Texts of the lines that it prints where its token has expired.
    """

    folder: str
    tools: tuple[str, ...]
    build: tuple[str, ...]
    run: str
    on_expiry: tuple[str, ...] = ("JWT authentication: invalid token", "DETAIL: ")


GO = Language("go", ("go",), ("go build -o orders .",), "./orders")
NODE = Language("node", ("node", "npm"), ("npm ci",), "node main.js")
JAVA = Language(
    "java",
    ("javac", "mvn"),
    ("mvn -q compile", "mvn -q exec:help"),  # the second fetches what the run needs
    "mvn -q compile exec:java",
)
DJANGO = Language(
    "django",
    (),
    (),
    "python3 manage.py orders",
    on_expiry=("the token expired",),  # a source of ours says so before anything is dialled
)
PSQL = Language("psql", ("psql", "jq"), (), "sh orders.sh")
LANGUAGES = (GO, JAVA, NODE, DJANGO, PSQL)

_ENVIRONMENT = {
    "PATH": f"{sys.prefix}/bin:{os.environ['PATH']}",  # the Python that runs the tests
    "GOTOOLCHAIN": "local",
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "npm_config_ignore_scripts": "true",
    "npm_config_fetch_retries": "0",
    "npm_config_update_notifier": "false",
}


class NotHere(Exception):
    """This machine can't build a program; the text says what it lacks."""


def build(language: Language, folder: Path, **environment: str) -> None:
    """Build a copy of a language's program.

    Args:
        language: The language.
        folder: Where to.
        environment: More variables.

    Raises:
        NotHere: A tool is missing or too old, or its registry is out of reach.
    """
    for tool in language.tools:
        if shutil.which(tool) is None:
            raise NotHere(f"there is no {tool} on this machine")
    left_by_people = shutil.ignore_patterns("node_modules", "target", "__pycache__")
    shutil.copytree(EXAMPLES / language.folder, folder, ignore=left_by_people, dirs_exist_ok=True)
    for command in language.build:
        _build(shlex.split(command), folder, environment)


def _build(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    tool = command[0]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **_ENVIRONMENT, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=LONGEST_BUILD_S,
        )
    except subprocess.TimeoutExpired as error:
        raise NotHere(f"{tool} did not build the program in {LONGEST_BUILD_S} s") from error
    if done.returncode == 0:
        return
    if is_out_of_reach(done.stdout):
        raise NotHere(f"the registry of {tool} is out of reach")
    if found := _TOO_OLD.search(done.stdout):
        raise NotHere(f"{tool} is too old: {found.group()}")
    raise AssertionError(done.stdout)


@dataclass
class Program:
    """A program that runs, and answers each line that it is sent."""

    process: subprocess.Popen[str]
    printed: list[str] = field(default_factory=list)
    read: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)
    listener: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        """Begin to collect what is printed."""
        self.listener = threading.Thread(target=self._listen)
        self.listener.start()

    def ask(self, query: str) -> None:
        """Send one line."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{query}\n")
        self.process.stdin.flush()

    def answered(self, value: str) -> str:
        """Wait for a line that is a value, after what was waited for so far."""
        return self._until(lambda line: line == value)

    def told(self, text: str) -> str:
        """Wait for a line with a text in it, after what was waited for so far; return the line."""
        return self._until(lambda line: text in line)

    def _until(self, is_wanted: Callable[[str], bool]) -> str:
        latest = time.monotonic() + PATIENCE_S
        with self.changed:
            while True:
                while self.read < len(self.printed):
                    self.read += 1
                    if is_wanted(self.printed[self.read - 1]):
                        return self.printed[self.read - 1]
                has_ended = self.process.poll() is not None and not self.listener.is_alive()
                assert not has_ended, self.said
                assert time.monotonic() < latest, self.said
                self.changed.wait(0.2)

    @property
    def said(self) -> str:
        """Everything that was printed."""
        return "\n".join(self.printed)

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self.changed:
                self.printed.append(line.rstrip("\n"))
                self.changed.notify_all()


@contextmanager
def running(language: Language, folder: Path, environment: Mapping[str, str]) -> Iterator[Program]:
    """Run a program that was built; at the end its input ends, and so does it."""
    with subprocess.Popen(
        shlex.split(language.run),
        cwd=folder,
        env={**os.environ, **_ENVIRONMENT, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdin is not None
        program = Program(process)
        try:
            yield program
            process.stdin.close()
            assert process.wait(PATIENCE_S) == 0, program.said
        finally:
            process.kill()
            process.wait()
            program.listener.join()
