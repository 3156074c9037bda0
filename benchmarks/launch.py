"""Runs a command and writes what it took: `python -S launch.py USAGE COMMAND...`.

Itself it is next to nothing, because a process begins with the peak memory of who started it.
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
