"""The speed cases in scikit-learn, scipy and numpy, one thread: one JSON object of times, null for what cannot be imported.

    peer.py REPEATS
"""
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


def isotonic(repeats):
    import numpy as np
    import sklearn
    from sklearn.isotonic import IsotonicRegression

    rng = np.random.default_rng(1)
    scores = rng.standard_normal(1_000_000)
    labels = (rng.random(1_000_000) < 1 / (1 + np.exp(-scores))).astype(float)
    return {"peer": f"scikit-learn {sklearn.__version__}", **fastest(lambda: IsotonicRegression().fit(scores, labels), repeats)}


def spearman(repeats):
    import numpy as np
    import scipy
    from scipy.stats import spearmanr

    rng = np.random.default_rng(2)
    x = rng.standard_normal(1_000_000)
    y = 0.1 * x + rng.standard_normal(1_000_000)
    return {"peer": f"scipy {scipy.__version__}", **fastest(lambda: spearmanr(x, y), repeats)}


def aci(repeats):
    import math

    import numpy as np

    alpha, gamma, window = 0.1, 0.02, 500
    scores = np.abs(np.random.default_rng(3).standard_normal(20_000))

    def run():
        level = alpha
        for t in range(window, len(scores)):
            rank = math.ceil((window + 1) * (1 - level) - 1e-10)
            radius = math.inf if level <= 0 or rank > window else -math.inf if level >= 1 else np.partition(scores[t - window : t], rank - 1)[rank - 1]
            level += gamma * (alpha - float(scores[t] > radius))

    return {"peer": f"numpy {np.__version__}", **fastest(run, repeats)}


if __name__ == "__main__":
    found = {}
    for name, case in (("isotonic", isotonic), ("spearman", spearman), ("aci", aci)):
        try:
            found[name] = case(int(sys.argv[1]))
        except ImportError as error:
            print(f"bench uncertainty: no peer for {name}: {error}", file=sys.stderr)
            found[name] = None
    print(json.dumps(found))
