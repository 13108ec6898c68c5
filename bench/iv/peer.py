"""QuantLib on the cases of bench/iv: reads the cases as JSON from the file named first, prints times by case. python3 peer.py CASES REPEATS"""
import json
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from peer_times import fastest  # noqa: E402


def with_extras(times, **extras):
    return {**times, **extras}


def implied_vol(ql, case, repeats):
    rows = list(zip(case["sign"], case["strike"], case["forward"], case["price"], case["vol"], case["expiryYears"]))
    call, put = ql.Option.Call, ql.Option.Put

    def run():
        for sign, strike, forward, price, _, _ in rows:
            ql.blackFormulaImpliedStdDev(call if sign > 0 else put, strike, forward, price)

    worst = 0.0
    for sign, strike, forward, price, vol, years in rows:
        found = ql.blackFormulaImpliedStdDev(call if sign > 0 else put, strike, forward, price)
        worst = max(worst, abs(found / (vol * math.sqrt(years)) - 1))
    times = fastest(run, repeats)
    return with_extras(times, count=len(rows), worst=worst, peer="QuantLib blackFormulaImpliedStdDev")


def greeks(ql, case, repeats):
    payoffs = [ql.PlainVanillaPayoff(ql.Option.Call if sign > 0 else ql.Option.Put, strike) for sign, strike in zip(case["sign"], case["strike"])]
    rows = list(zip(payoffs, case["forward"], case["vol"], case["expiryYears"]))

    def run():
        for payoff, forward, vol, years in rows:
            calculator = ql.BlackCalculator(payoff, forward, vol * math.sqrt(years), 1.0)
            calculator.value(), calculator.delta(forward), calculator.gamma(forward), calculator.vega(years)

    return with_extras(fastest(run, repeats), count=len(rows), peer="QuantLib BlackCalculator")


def dax(ql, case):
    """The helpers of QuantLib's own DAX test: its dates, its curve."""
    today = ql.Date(5, 7, 2002)
    ql.Settings.instance().evaluationDate = today
    days = ql.Actual365Fixed()
    dates = [today] + [today + d for d in case["daysQuoted"]]
    rates = ql.YieldTermStructureHandle(ql.ZeroCurve(dates, [case["zeroRates"][0]] + case["zeroRates"], days))
    dividends = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, days))
    spot = ql.QuoteHandle(ql.SimpleQuote(case["spot"]))
    return today, rates, dividends, spot


def dax_helpers(ql, case, rates, dividends, spot, error):
    helpers = []
    for i, strike in enumerate(case["strikes"]):
        for j, quoted in enumerate(case["daysQuoted"]):
            maturity = ql.Period(int((quoted + 3) / 7.0), ql.Weeks)
            vol = ql.QuoteHandle(ql.SimpleQuote(case["vols"][i][j]))
            helpers.append(ql.HestonModelHelper(maturity, ql.TARGET(), spot.value(), strike, vol, rates, dividends, error))
    return helpers


def heston_model(ql, rates, dividends, spot, start):
    return ql.HestonModel(ql.HestonProcess(rates, dividends, spot, start["v0"], start["kappa"], start["theta"], start["sigma"], start["rho"]))


def heston_surface(ql, case, repeats):
    _, rates, dividends, spot = dax(ql, case)
    helpers = dax_helpers(ql, case, rates, dividends, spot, ql.BlackCalibrationHelper.ImpliedVolError)
    model = heston_model(ql, rates, dividends, spot, case["optimum"])
    engine = ql.AnalyticHestonEngine(model, 64)
    for helper in helpers:
        helper.setPricingEngine(engine)

    def run():
        for helper in helpers:
            helper.modelValue()

    return with_extras(fastest(run, repeats), count=len(helpers), peer="QuantLib AnalyticHestonEngine, Laguerre 64")


def heston_calibration(ql, case, repeats):
    _, rates, dividends, spot = dax(ql, case)
    found = {}

    def run():
        helpers = dax_helpers(ql, case, rates, dividends, spot, ql.BlackCalibrationHelper.ImpliedVolError)
        model = heston_model(ql, rates, dividends, spot, case["start"])
        engine = ql.AnalyticHestonEngine(model, 64)
        for helper in helpers:
            helper.setPricingEngine(engine)
        model.calibrate(helpers, ql.LevenbergMarquardt(1e-8, 1e-8, 1e-8), ql.EndCriteria(400, 40, 1e-8, 1e-8, 1e-8))
        found["sse"] = sum((100 * helper.calibrationError()) ** 2 for helper in helpers)

    return with_extras(fastest(run, min(repeats, 5)), sse=found["sse"], peer="QuantLib, Laguerre 64, ImpliedVolError")


def svi(ql, case, repeats):
    today = ql.Date(5, 7, 2002)
    ql.Settings.instance().evaluationDate = today
    smiles = case["smiles"]

    def fit(smile):
        section = ql.SviInterpolatedSmileSection(
            today + round(365 * smile["expiryYears"]), smile["forward"], smile["strikes"], False, smile["atmVol"], smile["vols"],
            smile["start"][0], smile["start"][1], smile["start"][4], smile["start"][2], smile["start"][3], False, False, False, False, False,
            True, ql.EndCriteria(1000, 100, 1e-10, 1e-10, 1e-10), ql.LevenbergMarquardt(), ql.Actual365Fixed())
        squares = [(section.volatility(k) - v) ** 2 for k, v in zip(smile["strikes"], smile["vols"])]
        return math.sqrt(sum(squares) / len(squares))

    times, rmse = [], []
    for smile in smiles:
        try:
            rmse.append(fit(smile))
            times.append(fastest(lambda: fit(smile), max(2, repeats // 5)))
        except RuntimeError:
            rmse.append(None)
            times.append(None)
    return {"times": times, "rmse": rmse, "peer": "QuantLib SviInterpolatedSmileSection"}


CASES = {"impliedVol": implied_vol, "greeks": greeks, "hestonSurface": heston_surface, "hestonCalibration": heston_calibration, "svi": svi}

if __name__ == "__main__":
    import QuantLib

    with open(sys.argv[1], encoding="utf8") as file:
        asked = json.load(file)
    print(json.dumps({name: CASES[name](QuantLib, case, int(sys.argv[2])) for name, case in asked.items()}))
