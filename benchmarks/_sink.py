"""A fast SMTP sink in a process of its own: accepts everything, counts, and can answer slowly.

`python -m benchmarks._sink PORT [seconds before each answer to a message]`; on loopback only. It offers PIPELINING and
nothing else, and does not look at what it is given beyond the commands, so that it costs as little as Python can.
"""

import asyncio
import sys


class SinkProtocol(asyncio.Protocol):
    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.unread = b""
        self.in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.unread += data
        out = b""
        while True:
            if self.in_data:
                _content, end, rest = self.unread.partition(b"\r\n.\r\n")
                if not end:
                    break
                self.unread, self.in_data = rest, False
                if self.delay:
                    asyncio.get_running_loop().call_later(self.delay, self.transport.write, b"250 2.0.0 Ok\r\n")
                else:
                    out += b"250 2.0.0 Ok\r\n"
                continue
            line, end, rest = self.unread.partition(b"\r\n")
            if not end:
                break
            self.unread = rest
            verb = line[:4].upper()
            if verb == b"EHLO":
                out += b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
            elif verb == b"DATA":
                self.in_data = True
                out += b"354 go\r\n"
            elif verb == b"QUIT":
                self.transport.write(out + b"221 bye\r\n")
                self.transport.close()
                return
            else:
                out += b"250 2.1.0 Ok\r\n"
        if out:
            self.transport.write(out)


async def main(port: int, delay: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: SinkProtocol(delay), "127.0.0.1", port, backlog=512)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.0))
