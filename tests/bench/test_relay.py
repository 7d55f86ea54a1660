"""The relay of the benchmark counts the waits of a client, however fast the machine is."""

import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from bench.relay import relay

DELAY_S = 0.2


class Echo(socketserver.BaseRequestHandler):
    """Sends back what it receives."""

    def handle(self) -> None:
        while chunk := self.request.recv(1000):
            self.request.sendall(chunk)


@pytest.fixture
def port() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def exchange(link_port: int, *requests: list[bytes]) -> None:
    """Send all of a request at once, wait for all of its answer, then go on with the next."""
    with socket.create_connection(("127.0.0.1", link_port)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in requests:
            for part in request:
                client.sendall(part)
            left = sum(map(len, request))
            while left:
                left -= len(client.recv(left))


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        pytest.param([[b"a"]], 1, id="one request"),
        pytest.param([[b"a"], [b"b"], [b"c"]], 3, id="one after the other"),
        pytest.param([[b"a", b"b", b"c"], [b"d"]], 2, id="three in one go, then another"),
    ],
)
def test_each_wait_is_one_round_trip(port: int, requests: list[list[bytes]], expected: int) -> None:
    with relay("127.0.0.1", port, delay_s=DELAY_S) as link:
        exchange(link.port, *requests)
        link.wait_until_idle()

        assert (link.connections, link.round_trips) == (1, expected)
