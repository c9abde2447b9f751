"""A post office, and the return path's server that it reports to."""

from collections.abc import Iterator

import pytest
from post_office_kit import ReturnsServer

from rehearsal import PostOffice
from tests.servers import free_port, smtp_server


@pytest.fixture
def returns() -> Iterator[ReturnsServer]:
    server = ReturnsServer(port=free_port())
    with smtp_server(server, server.port):
        yield server


@pytest.fixture
def post_office(returns: ReturnsServer) -> Iterator[PostOffice]:
    with PostOffice(("127.0.0.1", returns.port), delay=0.05, retry=0.05, slow_seconds=0.3) as office:
        yield office
