"""The standard's types are read by many threads at once, from the first record on."""

import subprocess
import sys

READ_AT_ONCE = """
import sys, threading
import msgspec
from connectors.standard import resources

sys.setswitchinterval(1e-6)
records = resources()
start = threading.Barrier(8)


def read():
    start.wait()
    for record in records.values():
        for name in reversed(record.__struct_fields__):
            try:
                msgspec.convert({name: "1"}, record, strict=False)
            except msgspec.ValidationError:
                continue


threads = [threading.Thread(target=read) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_it_lets_many_threads_read_their_first_record_at_once() -> None:
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", READ_AT_ONCE], check=False)
        assert done.returncode == 0, "the interpreter crashed"
