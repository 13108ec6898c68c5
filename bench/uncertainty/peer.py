"""The speed cases in scikit-learn, scipy and numpy.

    peer.py REPEATS
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from peer_times import fastest, print_times  # noqa: E402


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
    print_times({"isotonic": isotonic, "spearman": spearman, "aci": aci})
