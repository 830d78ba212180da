"""Readers of a desk's pages and viewers of its live console, in a process of their own.

``pages``: so many readers, each on a connection of its own, one page at a time, with a pause
between two. ``live``: so many event streams; for each told update the moment (seconds of the
machine's monotonic clock) at which each stream had the whole event. Nothing but sockets is touched
while the clock runs.
"""

import asyncio
import json
import random
import sys
import time

PATIENCE = 60


async def connect(port):
    return await asyncio.open_connection("127.0.0.1", port, limit=2**22)


def request(path, cookie, language):
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n"
        f"Accept-Language: {language}\r\nAccept: text/html\r\n\r\n"
    ).encode()


async def head(reader):
    raw = await reader.readuntil(b"\r\n\r\n")
    lines = raw.decode("latin-1").split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    return int(lines[0].split()[1]), fields


async def body(reader, fields):
    if "content-length" in fields:
        return await reader.readexactly(int(fields["content-length"]))
    parts = []
    while size := int((await reader.readline()).strip(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(parts)


async def read_pages(told, number, found):
    chance = random.Random(number)
    reader, writer = await connect(told["port"])
    cookie, language = told["sessions"][number % len(told["sessions"])]
    await asyncio.sleep(chance.random() * told["pause"])
    until = time.monotonic() + told["seconds"]
    while time.monotonic() < until:
        kind, path = chance.choice(told["paths"])
        began = time.perf_counter()
        writer.write(request(path, cookie, language))
        status, fields = await asyncio.wait_for(head(reader), PATIENCE)
        text = await body(reader, fields)
        found.append((kind, path, status, time.perf_counter() - began, len(text)))
        if told["pause"]:
            await asyncio.sleep(chance.uniform(0.5, 1.5) * told["pause"])
    writer.close()


async def pages(told):
    found = []
    await asyncio.gather(*(read_pages(told, n, found) for n in range(told["readers"])))
    return found


async def follow(told, number, opened, seen):
    """One stream: every event that names an update is noted once it is whole."""
    reader, writer = await connect(told["port"])
    cookie, language = told["sessions"][number % len(told["sessions"])]
    writer.write(request(told["path"], cookie, language))
    status, _ = await asyncio.wait_for(head(reader), PATIENCE)
    assert status == 200, status
    first = True
    while True:
        event = await reader.readuntil(b"\n\n")
        if first and b"data:" in event:
            first = False
            opened.append(time.monotonic())
        moment = time.monotonic()
        for mark in told["marks"]:
            if mark.encode() in event:
                seen.setdefault(mark, {}).setdefault(number, moment)


async def live(told):
    opened, seen = [], {}
    streams = []
    for number in range(told["viewers"]):
        streams.append(asyncio.create_task(follow(told, number, opened, seen)))
        if number % 20 == 19:
            await asyncio.sleep(0.05)
    loop = asyncio.get_running_loop()
    while len(opened) < told["viewers"]:
        broken = [each for each in streams if each.done()]
        assert not broken, broken[0].exception()
        await asyncio.sleep(0.05)
    print("open", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    for each in streams:
        each.cancel()
    await asyncio.gather(*streams, return_exceptions=True)
    return {mark: list(found.values()) for mark, found in seen.items()}


if __name__ == "__main__":
    import uvloop

    told = json.loads(sys.stdin.readline())
    work = pages if told["what"] == "pages" else live
    print(json.dumps(uvloop.run(work(told))), flush=True)
