"""Ports that are chosen before anybody listens on them."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_port() -> Iterator[int]:
    """Keep a port on loopback, on which nobody listens until a server of the test does.

    A port that was merely free a moment ago may be given to another program. This one is bound
    meanwhile: nobody who asks for any port gets it, and only who names it can listen on it.
    """
    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do too
        keeper.bind(("127.0.0.1", 0))
        yield keeper.getsockname()[1]
