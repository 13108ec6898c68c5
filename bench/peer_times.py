"""What the peers' speed cases share: one thread, the fastest of some runs, one JSON object of times by case, null for what cannot be imported."""
import json
import os
import sys
import time

# Read by BLAS and OpenMP when they are loaded.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"


def fastest(run, repeats):
    run()
    best = {"seconds": float("inf"), "cpuSeconds": float("inf")}
    for _ in range(repeats):
        cpu, start = time.process_time(), time.perf_counter()
        run()
        taken = {"seconds": time.perf_counter() - start, "cpuSeconds": time.process_time() - cpu}
        best = {key: min(best[key], taken[key]) for key in best}
    return best


def print_times(cases):
    """Runs the cases, each with the number of repeats that the command line gives."""
    found = {}
    for name, case in cases.items():
        try:
            found[name] = case(int(sys.argv[1]))
        except ImportError as error:
            print(f"no peer for {name}: {error}", file=sys.stderr)
            found[name] = None
    print(json.dumps(found))
