"""A post office, and the return path's server that it reports to."""

from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller
from post_office_kit import ReturnsServer, free_port

from rehearsal import PostOffice


@pytest.fixture
def returns() -> Iterator[ReturnsServer]:
    server = ReturnsServer(port=free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    yield server
    controller.stop()


@pytest.fixture
def post_office(returns: ReturnsServer) -> Iterator[PostOffice]:
    with PostOffice(("127.0.0.1", returns.port), delay=0.05, retry=0.05, slow_seconds=0.3) as office:
        yield office
