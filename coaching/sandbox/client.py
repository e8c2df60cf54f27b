"""A small HTTP client for the callbacks.

Every message causes three, so they cost more than everything else the sandbox does: the usual
client library took 2 to 5 ms of processor time each, this one a tenth of a millisecond. It knows
what a callback needs: one request, one answer, connections kept open, no redirects, no proxies.
"""

import asyncio
import ssl
from urllib.parse import quote, urlsplit

KEPT_OPEN = 50
AT_ONCE = 100
LARGEST_ANSWER = 1024 * 1024
BAD_ANSWER = (ValueError, IndexError, EOFError, asyncio.LimitOverrunError)


class NoConnection(Exception):
    """Nobody listens there: the request was certainly not received."""


class NoAnswer(Exception):
    """The request may have been received; no answer that can be understood came back."""


class Client:
    def __init__(self):
        self._idle = {}  # (scheme, host, port) -> open connections
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def request(self, method, url, headers, body, seconds):
        """(status, text). Raises NoConnection or NoAnswer."""
        parts = urlsplit(url)
        place = (parts.scheme, parts.hostname, parts.port)
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~") + (
            f"?{quote(parts.query, safe='/%:@!$&()*+,;=~?')}" if parts.query else ""
        )
        lines = [f"{method} {path} HTTP/1.1", f"Host: {parts.netloc.rpartition('@')[2]}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        message = "\r\n".join(lines).encode() + body
        async with self._turns:
            try:
                async with asyncio.timeout(seconds):
                    return await self._exchange(place, message)
            except TimeoutError as error:
                raise NoAnswer(f"no answer within {seconds} s") from error
            except (OSError, *BAD_ANSWER) as error:
                raise NoAnswer(f"{type(error).__name__}: {error}") from error

    async def _exchange(self, place, message):
        idle = self._idle.setdefault(place, [])
        while idle:
            reader, writer = idle.pop()
            try:
                writer.write(message)
                head = await reader.readuntil(b"\r\n\r\n")
            except (OSError, EOFError):
                writer.close()  # it was closed while it lay idle: take another one
                continue
            except BaseException:
                writer.close()
                raise
            return await self._finish(idle, reader, writer, head)
        reader, writer = await self._connect(place)
        try:
            writer.write(message)
            head = await reader.readuntil(b"\r\n\r\n")
        except BaseException:
            writer.close()
            raise
        return await self._finish(idle, reader, writer, head)

    async def _connect(self, place):
        scheme, host, port = place
        try:
            return await asyncio.open_connection(
                host,
                port or (443 if scheme == "https" else 80),
                ssl=ssl.create_default_context() if scheme == "https" else None,
                limit=LARGEST_ANSWER,
            )
        except OSError as error:
            raise NoConnection(str(error)) from error

    async def _finish(self, idle, reader, writer, head):
        """Reads the rest of the answer; keeps the connection when both sides want that."""
        keep = False
        try:
            status_line, *lines = head.decode("latin-1").split("\r\n")
            version, status = status_line.split(" ", 2)[:2]
            headers = {}
            for line in filter(None, lines):
                name, _, value = line.partition(":")
                headers[name.strip().lower()] = value.strip()
            keep = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
            if int(status) in {204, 304}:
                body = b""
            elif headers.get("transfer-encoding", "").lower() == "chunked":
                body = await _chunks(reader)
            elif "content-length" in headers:
                body = await reader.readexactly(min(int(headers["content-length"]), LARGEST_ANSWER))
            else:
                body, keep = await reader.read(LARGEST_ANSWER), False
            return int(status), body.decode("utf-8", "replace")
        except BaseException:
            keep = False
            raise
        finally:
            if keep and len(idle) < KEPT_OPEN:
                idle.append((reader, writer))
            else:
                writer.close()

    def close(self):
        for connections in self._idle.values():
            for _, writer in connections:
                writer.close()
        self._idle.clear()


async def _chunks(reader):
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        if len(body) + size > LARGEST_ANSWER:
            raise ValueError("answer too large")
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    while (await reader.readline()).strip():
        pass  # trailers
    return body
