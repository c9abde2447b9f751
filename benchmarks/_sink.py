"""A fast SMTP sink in a process of its own: accepts everything, counts, and can answer slowly.

`python -m benchmarks._sink PORT [seconds before each answer to a message]`; on loopback only. It offers PIPELINING and
nothing else, and does not look at what it is given beyond the commands, so that it costs as little as Python can.
"""

import asyncio
import sys
from typing import cast


class SinkProtocol(asyncio.Protocol):
    """What comes behind a message waits until that message was answered, as with any mail server."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.unread = b""
        self.in_data = self.is_busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.unread += data
        out = b""
        while not self.is_busy and (reply := self._next_reply()) is not None:
            out += reply
        if out:
            self.transport.write(out)

    def _next_reply(self) -> bytes | None:
        """None until the rest is there."""
        piece, end, rest = self.unread.partition(b"\r\n.\r\n" if self.in_data else b"\r\n")
        if not end:
            return None
        self.unread = rest
        if self.in_data:
            self.in_data = False
            return self._take()
        verb = piece[:4].upper()
        if verb == b"EHLO":
            return b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
        if verb == b"DATA":
            self.in_data = True
            return b"354 go\r\n"
        if verb == b"QUIT":
            self.is_busy = True
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
            return b""
        return b"250 2.1.0 Ok\r\n"

    def _take(self) -> bytes:
        if not self.delay:
            return b"250 2.0.0 Ok\r\n"
        self.is_busy = True
        asyncio.get_running_loop().call_later(self.delay, self._answer)
        return b""

    def _answer(self) -> None:
        self.is_busy = False
        self.transport.write(b"250 2.0.0 Ok\r\n")
        self.data_received(b"")


async def main(port: int, delay: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: SinkProtocol(delay), "127.0.0.1", port, backlog=512)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.0))
