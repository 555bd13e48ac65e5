"""Asks what threads give where a program mostly waits: blocking I/O with a little CPU work.

A GIL build scales here, too, because a thread that waits holds no GIL.
"""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

TITLE = "blocking I/O with a little CPU work"
REQUESTS = 48
LATENCY = 0.002


def exchange(number, near, far):
    """Sends a request, waits as long as a server would take, and reads the answer."""
    far.sendall(b"%d;" % number * 64)
    time.sleep(LATENCY)
    return near.recv(4096)


def request_all(index, count):
    """Does share `index` of `count` shares and returns its part of the checksum."""
    total = 0
    near, far = socket.socketpair()
    with near, far:
        for number in range(index, REQUESTS, count):
            fields = exchange(number, near, far).split(b";")
            total += sum(int(field) * i for i, field in enumerate(fields * 20) if field)
    return total


def work(threads):
    """Divides the work among `threads` threads and returns the checksum."""
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(request_all, range(threads), repeat(threads)))
