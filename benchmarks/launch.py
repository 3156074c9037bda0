"""Runs a command and writes its time and peak memory: `python -S launch.py USAGE COMMAND...`.

The launcher is tiny, because a process inherits the peak memory of its parent.
"""

import json
import os
import sys
import time

started = time.perf_counter()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    json.dump({"wall": time.perf_counter() - started, "peak": usage.ru_maxrss / 1024}, file)
sys.exit(os.waitstatus_to_exitcode(status) != 0)
