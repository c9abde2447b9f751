"""A network that takes its time, in a process of its own: `python -m benchmarks._relay PORT TARGET_PORT SECONDS`.

Every piece of bytes is passed on after so many seconds, each way, in order and as it came; a round trip takes twice as
long. Connecting takes none, since loopback answers at once. Real sockets, on loopback only.
"""

import asyncio
import sys
from collections import deque
from typing import cast

LOOPBACK = "127.0.0.1"


class Way(asyncio.Protocol):
    """One direction: what it receives, `other` sends later. b"" stands for the end."""

    def __init__(self, delay: float, other: "Way | None" = None) -> None:
        self.delay = delay
        self.other = other
        self.under_way: deque[bytes] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.under_way.append(data)
        asyncio.get_running_loop().call_later(self.delay, self._arrive)

    def connection_lost(self, error: Exception | None) -> None:
        self.data_received(b"")

    def _arrive(self) -> None:
        data = self.under_way.popleft()
        if self.other is not None:
            if data:
                self.other.transport.write(data)
            else:
                self.other.transport.close()


class Entrance(Way):
    """The side that is connected to: opens the other one."""

    def __init__(self, delay: float, target: int) -> None:
        super().__init__(delay)
        self.target = target

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.opening = asyncio.ensure_future(self._open())

    async def _open(self) -> None:
        """Nobody speaks to an SMTP server before it has spoken, so this is in time."""
        loop = asyncio.get_running_loop()
        _, self.other = await loop.create_connection(lambda: Way(self.delay, self), LOOPBACK, self.target)


async def main(port: int, target: int, delay: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Entrance(delay, target), LOOPBACK, port, backlog=512)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
