"""The provider in a process of its own: a message of JSON asks for a method, another answers."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from crdb_sso.errors import CrdbSsoError
from crdb_sso.provider.cluster_logins import ClusterLoginsProvider

PROVIDER = ClusterLoginsProvider()

METHODS: dict[str, Callable[..., Any]] = {
    "create": lambda props: PROVIDER.create(props).outs,
    "update": lambda olds, news: PROVIDER.update("id", olds, news).outs,
    "delete": lambda props: PROVIDER.delete("id", props),
}


def work(asked: Connection, log: Path, environment: Mapping[str, str]) -> None:
    """Answer until nobody asks any more; what people are told goes to the log."""
    with log.open("ab") as sink:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(sink.fileno(), stream.fileno())
    os.environ.clear()
    os.environ.update(environment)
    while True:
        try:
            method, *arguments = json.loads(asked.recv_bytes())
        except EOFError:
            return
        asked.send_bytes(json.dumps(_answer(method, arguments)).encode())


def _answer(method: str, arguments: list[Any]) -> dict[str, Any]:
    try:
        return {"outs": METHODS[method](*arguments)}
    except CrdbSsoError as exc:
        return {"error": str(exc)}
