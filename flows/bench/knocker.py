"""Knocks at a webhook door at a steady pace, and measures each answer."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Knock = Callable[[int], tuple[dict[str, str], bytes]]


@dataclass
class Answers:
    """`sent_at` by number of the knock, seconds since the epoch; `took` in milliseconds."""

    sent_at: dict[int, float] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)


async def knock_steadily(
    url: str, knock: Knock, *, numbers: Sequence[int], per_second: float, doors: int = 32
) -> Answers:
    """Open loop: a knock goes at its time, however long the ones before it take."""
    answers, queue = Answers(), asyncio.Queue[int]()
    workers = [asyncio.create_task(_worker(url, knock, queue, answers)) for _ in range(doors)]
    begun = time.perf_counter()
    for place, number in enumerate(numbers):
        await asyncio.sleep(max(0.0, begun + place / per_second - time.perf_counter()))
        queue.put_nowait(number)
    all_answered = asyncio.create_task(queue.join())
    done, _ = await asyncio.wait([all_answered, *workers], return_when=asyncio.FIRST_COMPLETED)
    for task in (*workers, all_answered):
        task.cancel()
    for task in done:
        task.result()  # a door that broke off is no measurement
    return answers


async def _worker(url: str, knock: Knock, queue: "asyncio.Queue[int]", answers: Answers) -> None:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    while True:
        number = await queue.get()
        headers, body = knock(number)
        listed = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{listed}"
        answers.sent_at[number], started = time.time(), time.perf_counter()
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        status = await _answer(reader)
        answers.took.append((time.perf_counter() - started) * 1000)
        if status != 200:
            answers.refused.append(status)
        queue.task_done()


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length")
    )
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
