"""One peer, one job, one JSON line.

    peer.py --versions     versions of the peers that can be imported, null for the others
    peer.py JOB            runs the job (job.ts, as JSON) and prints the measurement
    peer.py --serve        runs a job per line of standard input until it ends
"""
import json
import os
import sys
import time

# Read by OpenMP and BLAS when they are loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["OPENBLAS_NUM_THREADS"] = "1"

PEERS = ("lightgbm", "xgboost", "sklearn")


def versions():
    found = {}
    for peer in PEERS:
        try:
            found[peer] = __import__(peer).__version__
        except ImportError:
            found[peer] = None
    return found


def peak_mb():
    """VmHWM starts afresh with the process; ru_maxrss may hold the parent's peak."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    except (OSError, StopIteration):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)


def read(job, part):
    import numpy as np

    load = lambda name: np.fromfile(os.path.join(job["dir"], f"{part}-{name}.f32"), dtype=np.float32)
    return load("x").reshape(-1, len(job["names"])), load("y")


def fit_lightgbm(job, x, y, categorical):
    import lightgbm as lgb

    s = job.get("settings")
    params = dict(objective="binary" if job["objective"] == "logistic" else "regression", num_threads=job["threads"], verbose=-1)
    trees = 100
    if s:
        trees = s["trees"]
        params.update(num_leaves=s["leaves"], learning_rate=s["learningRate"], max_bin=s["maxBin"], min_data_in_leaf=s["minRows"], lambda_l2=s["lambda"], feature_fraction=s["featureShare"])
        if s["rowShare"] < 1:
            params.update(bagging_fraction=s["rowShare"], bagging_freq=1)
    if job.get("layout"):
        params[f"force_{job['layout']}_wise"] = True
    data = lgb.Dataset(x, y, params=params, categorical_feature=categorical or "auto")
    data.construct()
    binned = time.perf_counter()
    model = lgb.train(params, data, trees)
    return binned, lambda rows: model.predict(rows, num_threads=job["threads"])


def fit_xgboost(job, x, y, categorical):
    import xgboost as xgb

    s = job.get("settings")
    logistic = job["objective"] == "logistic"
    if not s:
        model = xgb.XGBRegressor(n_jobs=job["threads"])
        model.fit(x, y)
        return None, model.predict
    types = ["c" if f in categorical else "q" for f in range(x.shape[1])] if categorical else None
    data = xgb.QuantileDMatrix(x, label=y, max_bin=s["maxBin"], nthread=job["threads"], feature_types=types, enable_categorical=bool(categorical))
    binned = time.perf_counter()
    params = dict(
        objective="binary:logistic" if logistic else "reg:squarederror", tree_method="hist", grow_policy="lossguide", max_leaves=s["leaves"], max_depth=0, max_bin=s["maxBin"], eta=s["learningRate"],
        # Its limit is the hessian of a leaf, a quarter per row of a balanced logistic label.
        min_child_weight=s["minRows"] * (0.25 if logistic else 1), reg_lambda=s["lambda"], subsample=s["rowShare"], colsample_bytree=s["featureShare"], base_score=float(y.mean()), nthread=job["threads"],
    )
    model = xgb.train(params, data, s["trees"])
    if not categorical:
        return binned, model.inplace_predict
    return binned, lambda rows: model.predict(xgb.DMatrix(rows, feature_types=types, enable_categorical=True, nthread=job["threads"]))


def fit_sklearn(job, x, y, categorical):
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    s = job.get("settings")
    kind = HistGradientBoostingClassifier if job["objective"] == "logistic" else HistGradientBoostingRegressor
    spent = []

    class Timed(kind):
        def _bin_data(self, *args, **kwargs):
            start = time.perf_counter()
            result = super()._bin_data(*args, **kwargs)
            spent.append(time.perf_counter() - start)
            return result

    if s:
        model = Timed(
            max_iter=s["trees"], max_leaf_nodes=s["leaves"], max_bins=s["maxBin"], learning_rate=s["learningRate"], min_samples_leaf=s["minRows"], l2_regularization=s["lambda"],
            early_stopping=False, categorical_features=categorical or None,
        )
    else:
        model = Timed(random_state=0)
    start = time.perf_counter()
    model.fit(x, y)
    predict = (lambda rows: model.predict_proba(rows)[:, 1]) if job["objective"] == "logistic" else model.predict
    return start + sum(spent), predict


FITS = {"lightgbm": fit_lightgbm, "xgboost": fit_xgboost, "sklearn": fit_sklearn}


def loss_of(job, predicted, labels):
    import numpy as np

    p = np.asarray(predicted, dtype=np.float64)
    y = labels.astype(np.float64)
    if job["objective"] == "squared":
        return float(np.sqrt(np.mean((p - y) ** 2)))
    p = np.clip(p, 1e-15, 1 - 1e-15)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log1p(-p)))


def prediction_speed(predict, x):
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        predict(x)
        best = min(best, time.perf_counter() - start)
    calls = []
    for i in range(220):
        row = x[i : i + 1]
        start = time.perf_counter()
        predict(row)
        calls.append(time.perf_counter() - start)
    return len(x) / best, sorted(calls[20:])[100] * 1e6


def run(job):
    import numpy as np

    x, y = read(job, "train")
    categorical = [job["names"].index(name) for name in job["categorical"]]
    best, first, least_cpu = None, None, float("inf")
    for _ in range(job["repeats"]):
        cpu, start = time.process_time(), time.perf_counter()
        binned, predict = FITS[job["peer"]](job, x, y, categorical)
        end, cpu = time.perf_counter(), time.process_time() - cpu
        binned = start if binned is None else binned
        taken = (end - start, binned - start, end - binned)
        least_cpu = min(least_cpu, cpu)
        first = first or taken
        best = taken if best is None else min(best, taken)
    peak = peak_mb()
    x_test, y_test = read(job, "test")
    predicted = predict(x_test)
    answer = dict(version=sys.modules[job["peer"]].__version__, binSeconds=best[1], boostSeconds=best[2], cpuSeconds=least_cpu, firstSeconds=first[0], peakMb=peak, loss=loss_of(job, predicted, y_test))
    if job.get("predictions"):
        np.asarray(predicted, dtype=np.float64).tofile(job["predictions"])
    if job["timePrediction"]:
        answer["rowsPerSecond"], answer["rowMicroseconds"] = prediction_speed(predict, x_test)
    return answer


if __name__ == "__main__":
    if sys.argv[1] == "--versions":
        print(json.dumps(versions()))
    elif sys.argv[1] == "--serve":
        for line in sys.stdin:
            print(json.dumps(run(json.loads(line))), flush=True)
    else:
        print(json.dumps(run(json.loads(sys.argv[1]))))
