"""A fast local shop in a process of its own, so that its work is not counted as ours.

    python -m bench.shop      prints its port, serves until its standard input closes

`/30/...` and `/1000/...` serve pages of that many KB whose nonce changes at every look; with `?block` the price and a token in
the product block change too; `/304/...` honours conditional requests; `/flip/...` is in stock once `/flip` was asked for.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import cycle

from tests.goods import product_page
from tests.shop import Reply

VARIANTS = 24


def pages(size_kb: int, *, block: bool) -> list[bytes]:
    """Render whole answers, compressed, that differ from look to look."""
    answers = []
    for number in range(VARIANTS):
        page = product_page(
            state="out_of_stock",
            price=52800 + (number if block else 0),
            filler_kb=size_kb - 6,
            nonce=f"nonce-{number:08d}",
        )
        if block:  # the token of a form, as most shop software writes one
            token = f'<input type="hidden" name="token" value="{number:08x}{number * 7919:08x}"></form>'
            page = page.replace(b"</form>", token.encode(), 1)
        reply = Reply(page, encoding="gzip")
        answers.append(reply.head + reply.payload)
    return answers


class Server(asyncio.Protocol):
    """One connection; every request is one line we look at."""

    kinds: dict[bytes, cycle[bytes]]
    same: Reply
    back: Reply
    flipped = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.rest = b""

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        self.rest += data
        while b"\r\n\r\n" in self.rest:
            head, self.rest = self.rest.split(b"\r\n\r\n", 1)
            target = head.split(b" ", 2)[1]
            self.transport.write(self.answer(target, head))

    def answer(self, target: bytes, head: bytes) -> bytes:
        """Choose the answer by the path."""
        if target == b"/flip":
            Server.flipped = not Server.flipped
            return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        path, _, query = target.partition(b"?")
        kind = path.split(b"/", 2)[1] + (b"?block" if query else b"")
        if kind == b"304":
            return self.same.unchanged if b"f-none-match" in head.lower() else self.same.head + self.same.payload
        if kind == b"flip":
            reply = self.back if Server.flipped else self.same
            return reply.head + reply.payload
        return next(self.kinds[kind])


async def main() -> None:
    """Serve until standard input closes."""
    Server.kinds = {
        b"30": cycle(pages(30, block=False)),
        b"30?block": cycle(pages(30, block=True)),
        b"1000": cycle(pages(1000, block=False)),
        b"1000?block": cycle(pages(1000, block=True)),
    }
    Server.same = Reply(product_page(state="out_of_stock", filler_kb=24), encoding="gzip", etag='"one"')
    Server.back = Reply(product_page(state="in_stock", filler_kb=24), encoding="gzip", etag='"two"')
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server, "127.0.0.1", 0, backlog=2048)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
