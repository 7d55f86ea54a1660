"""How often the provider waits for the cluster does not depend on the number of logins."""

import psycopg

from bench.__main__ import through
from bench.relay import relay
from tests.support.provider_calls import create, delete, identity, wish
from tests.support.servers import EmbeddedCluster

DELAY_S = 0.25  # far longer than it takes to send the statements of one round trip
MOST = 10


def test_two_hundred_logins_are_created_and_removed_in_few_round_trips(
    cluster: EmbeddedCluster,
) -> None:
    logins = {f"app_{n}": {"identities": {"a": identity(f"s-{n}")}} for n in range(200)}
    with relay("127.0.0.1", cluster.port, delay_s=DELAY_S) as link:
        url = through(cluster.admin_url, link.port)
        psycopg.connect(url).close()
        link.wait_until_idle()
        connecting = link.round_trips

        state = create(wish(cluster, cluster_url=url, logins=logins))
        link.wait_until_idle()
        created = link.round_trips - connecting
        delete(state)
        link.wait_until_idle()
        deleted = link.round_trips - connecting - created

    assert created - connecting <= MOST
    assert deleted - connecting <= MOST
    assert min(created, deleted) > connecting
