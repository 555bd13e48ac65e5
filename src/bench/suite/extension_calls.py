"""Asks what calls into C extensions cost, and whether they scale with threads.

Long calls (zlib, hashlib on large buffers) release the GIL, so a GIL build runs them in parallel,
too. Short calls (struct, hashlib below 2048 bytes) hold it.
"""

import hashlib
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

TITLE = "C extensions, long and short calls"
ROUNDS = 24
SHORT_CALLS = 600
RECORD = struct.Struct("<IdH")
BUFFER = b""


def setup():
    """Fills the buffer with 128 KiB of compressible bytes."""
    global BUFFER
    BUFFER = b"".join(hashlib.sha256(b"%d" % i).hexdigest().encode() for i in range(2048))


def long_calls(number):
    packed = zlib.compress(BUFFER, 1)
    # The digest covers the original bytes: compressed ones differ between versions of zlib.
    digest = hashlib.sha256(zlib.decompress(packed))
    digest.update(b"%d" % number)
    return int.from_bytes(digest.digest()[:4], "little")


def short_calls(number):
    total = 0
    for i in range(SHORT_CALLS):
        record = RECORD.pack(number, i * 0.5, i)
        total += hashlib.sha256(record).digest()[0] + RECORD.unpack(record)[2]
    return total


def work_share(index, count):
    """Does share `index` of `count` shares and returns its part of the checksum."""
    rounds = range(index, ROUNDS, count)
    return sum(long_calls(number) + short_calls(number) for number in rounds)


def work(threads):
    """Divides the work among `threads` threads and returns the checksum."""
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(work_share, range(threads), repeat(threads)))
