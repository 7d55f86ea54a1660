"""The program of a provider process: each line of JSON calls a method, a line answers."""

import json
import sys
from collections.abc import Callable
from typing import Any

from crdb_sso.errors import CrdbSsoError
from crdb_sso.provider.cluster_logins import ClusterLoginsProvider

PROVIDER = ClusterLoginsProvider()

METHODS: dict[str, Callable[..., Any]] = {
    "create": lambda props: PROVIDER.create(props).outs,
    "update": lambda olds, news: PROVIDER.update("id", olds, news).outs,
    "delete": lambda props: PROVIDER.delete("id", props),
}


def answer(line: str) -> dict[str, Any]:
    """Call what a line asks for."""
    method, *arguments = json.loads(line)
    try:
        return {"outs": METHODS[method](*arguments)}
    except CrdbSsoError as exc:
        return {"error": str(exc)}


if __name__ == "__main__":
    sys.stdout, answers = sys.stderr, sys.stdout  # lines for people go to the log
    print("ready", file=answers, flush=True)
    for asked in sys.stdin:
        print(json.dumps(answer(asked)), file=answers, flush=True)
