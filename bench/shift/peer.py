"""The speed cases in river, numpy and scipy.

    peer.py REPEATS
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from peer_times import fastest, print_times  # noqa: E402


def normals(seed, *shape):
    import numpy as np

    return np.random.default_rng(seed).standard_normal(shape)


def updates(name, repeats):
    import river
    from river import drift

    values = normals(1, 200_000).tolist()

    def run():
        detector = getattr(drift, name)()
        for value in values:
            detector.update(value)

    return {"peer": f"river {river.__version__}", **fastest(run, repeats)}


def psi(repeats):
    import numpy as np

    columns = [normals(j, 1_000_000) for j in range(50)]
    edges = [np.quantile(column, np.arange(1, 10) / 10) for column in columns]
    shares = [np.bincount(np.searchsorted(edge, column, side="right"), minlength=10) / column.size for edge, column in zip(edges, columns)]

    def run():
        for edge, before, column in zip(edges, shares, columns):
            after = np.bincount(np.searchsorted(edge, column, side="right"), minlength=10) / column.size
            np.sum((after - before) * np.log(after / before))

    return {"peer": f"numpy {np.__version__}, searchsorted", **fastest(run, repeats)}


def kolmogorov_smirnov(repeats):
    import scipy
    from scipy.stats import ks_2samp

    a, b = normals(1, 1_000_000), normals(2, 1_000_000)
    return {"peer": f"scipy {scipy.__version__}", **fastest(lambda: ks_2samp(a, b), repeats)}


CASES = {
    "adwin": lambda repeats: updates("ADWIN", repeats),
    "pageHinkley": lambda repeats: updates("PageHinkley", repeats),
    "psi": psi,
    "kolmogorovSmirnov": kolmogorov_smirnov,
}

if __name__ == "__main__":
    print_times(CASES)
