"""QuantLib and scipy on the cases of bench/iv, one JSON job a line: {"prepare": case, "input": ...} makes a case and calls it once, {"run": true} times it."""
import json
import math
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import peer_times  # noqa: E402,F401  (one thread for BLAS, set before numpy is loaded)

LEAST_SECONDS = 0.005  # shorter calls are timed in groups


class Case:
    """A call to time, what it is called, how many of something it does, and what is to be told once it was called."""

    def __init__(self, peer, run, count=1, found=dict):
        self.peer, self.run, self.count, self.found, self.group = peer, run, count, found, 1

    def time(self):
        cpu, start = time.process_time(), time.perf_counter()
        for _ in range(self.group):
            self.run()
        return {"seconds": (time.perf_counter() - start) / self.group, "cpuSeconds": (time.process_time() - cpu) / self.group}


def quantlib(what):
    import QuantLib

    return QuantLib, f"QuantLib {QuantLib.__version__} (python), {what}"


def option_type(ql, sign):
    return ql.Option.Call if sign > 0 else ql.Option.Put


def implied_vols(case):
    ql, peer = quantlib("blackFormulaImpliedStdDev")
    rows = [(option_type(ql, sign), *rest) for sign, *rest in zip(case["sign"], case["strike"], case["forward"], case["price"])]
    exact = [vol * math.sqrt(years) for vol, years in zip(case["vol"], case["expiryYears"])]
    implied = ql.blackFormulaImpliedStdDev

    def run():
        for row in rows:
            implied(*row)

    return Case(peer, run, len(rows), lambda: {"worst": max(abs(implied(*row) / s - 1) for row, s in zip(rows, exact))})


def prices(case):
    ql, peer = quantlib("blackFormula")
    rows = [(option_type(ql, sign), strike, forward, vol * math.sqrt(years))
            for sign, strike, forward, vol, years in zip(case["sign"], case["strike"], case["forward"], case["vol"], case["expiryYears"])]
    formula = ql.blackFormula

    def run():
        for row in rows:
            formula(*row)

    return Case(peer, run, len(rows))


def greeks(case):
    ql, peer = quantlib("BlackCalculator")
    payoffs = [ql.PlainVanillaPayoff(option_type(ql, sign), strike) for sign, strike in zip(case["sign"], case["strike"])]
    rows = list(zip(payoffs, case["forward"], case["vol"], case["expiryYears"]))
    calculators = ql.BlackCalculator

    def run():
        for payoff, forward, vol, years in rows:
            calculator = calculators(payoff, forward, vol * math.sqrt(years), 1.0)
            calculator.value(), calculator.delta(forward), calculator.gamma(forward), calculator.vega(years)

    return Case(peer, run, len(rows))


def black_scholes(case):
    """Values only: rows of S, K, T, r, q, sigma, call or put."""
    ql, peer = quantlib("BlackCalculator")

    def row(spot, strike, years, rate, dividend_yield, vol, sign):
        forward = spot * math.exp((rate - dividend_yield) * years)
        payoff = ql.PlainVanillaPayoff(option_type(ql, sign), strike)
        calculator = ql.BlackCalculator(payoff, forward, vol * math.sqrt(years), math.exp(-rate * years))
        return [calculator.value(), calculator.delta(spot), calculator.gamma(spot), calculator.vega(years), calculator.theta(spot, years),
                calculator.rho(years), calculator.dividendRho(years)]

    found = []
    return Case(peer, lambda: found.extend(row(*values) for values in case["rows"]), len(case["rows"]), lambda: {"rows": found})


def heston_model(ql, rates, dividends, spot, start):
    return ql.HestonModel(ql.HestonProcess(rates, dividends, spot, start["v0"], start["kappa"], start["theta"], start["sigma"], start["rho"]))


def heston_prices(case):
    """Values only: rows of S, r, q, v0, kappa, theta, sigma, rho, T, K."""
    ql, peer = quantlib("AnalyticHestonEngine, Laguerre 64")
    today = ql.Date(5, 7, 2002)
    days = ql.Actual365Fixed()
    found = []

    def row(spot, rate, dividend_yield, v0, kappa, theta, sigma, rho, years, strike):
        ql.Settings.instance().evaluationDate = today
        rates = ql.YieldTermStructureHandle(ql.FlatForward(today, rate, days))
        dividends = ql.YieldTermStructureHandle(ql.FlatForward(today, dividend_yield, days))
        start = {"v0": v0, "kappa": kappa, "theta": theta, "sigma": sigma, "rho": rho}
        model = heston_model(ql, rates, dividends, ql.QuoteHandle(ql.SimpleQuote(spot)), start)
        option = ql.VanillaOption(ql.PlainVanillaPayoff(ql.Option.Call, strike), ql.EuropeanExercise(today + round(years * 365)))
        option.setPricingEngine(ql.AnalyticHestonEngine(model, 64))
        try:
            return option.NPV()
        except RuntimeError:
            return None

    return Case(peer, lambda: found.extend(row(*values) for values in case["rows"]), len(case["rows"]), lambda: {"call": found})


class Dax:
    """The helpers of QuantLib's own DAX test: its dates, its curve."""

    def __init__(self, ql, case):
        self.ql, self.case = ql, case
        today = ql.Date(5, 7, 2002)
        ql.Settings.instance().evaluationDate = today
        days = ql.Actual365Fixed()
        dates = [today] + [today + d for d in case["daysQuoted"]]
        self.rates = ql.YieldTermStructureHandle(ql.ZeroCurve(dates, [case["rate0"]] + case["zeroRates"], days))
        self.dividends = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, days))
        self.spot = ql.QuoteHandle(ql.SimpleQuote(case["spot"]))

    def model(self, start):
        ql, case = self.ql, self.case
        model = heston_model(ql, self.rates, self.dividends, self.spot, start)
        engine = ql.AnalyticHestonEngine(model, 64)
        helpers = []
        for strike, vols in zip(case["strikes"], case["vols"]):
            for days, quoted in zip(case["daysQuoted"], vols):
                maturity = ql.Period(int((days + 3) / 7.0), ql.Weeks)
                vol = ql.QuoteHandle(ql.SimpleQuote(quoted))
                helper = ql.HestonModelHelper(maturity, ql.TARGET(), case["spot"], strike, vol, self.rates, self.dividends, ql.BlackCalibrationHelper.ImpliedVolError)
                helper.setPricingEngine(engine)
                helpers.append(helper)
        return model, helpers


def heston_surface(case):
    ql, peer = quantlib("AnalyticHestonEngine, Laguerre 64")
    model, helpers = Dax(ql, case).model(case["start"])  # a model that is let go takes its engine's prices with it

    def run():
        for helper in helpers:
            helper.modelValue()

    return Case(peer, run, 1, lambda: {"options": len(helpers), "v0": model.params()[4]})


def heston_calibration(case):
    ql, peer = quantlib("Laguerre 64, ImpliedVolError")
    market = Dax(ql, case)
    found = {}

    def run():
        model, helpers = market.model(case["start"])
        model.calibrate(helpers, ql.LevenbergMarquardt(1e-8, 1e-8, 1e-8), ql.EndCriteria(400, 40, 1e-8, 1e-8, 1e-8))
        found["sse"] = sum((100 * helper.calibrationError()) ** 2 for helper in helpers)

    return Case(peer, run, 1, lambda: found)


def svi(case):
    ql, peer = quantlib("SviInterpolatedSmileSection")
    today = ql.Date(13, 1, 2025)
    ql.Settings.instance().evaluationDate = today
    expiry = today + round(365 * case["expiryYears"])
    found = {}

    def run():
        try:
            section = ql.SviInterpolatedSmileSection(expiry, case["forward"], case["strike"], False, case["atmVol"], case["vol"], 0.01, 0.1, 0.1, -0.4, 0.0,
                                                     False, False, False, False, False, case["weighted"])
            found["vol"] = [section.volatility(strike) for strike in case["strike"]]
        except RuntimeError:
            found["vol"] = None

    return Case(peer, run, 1, lambda: found)


def svi_scipy(case):
    import numpy as np
    import scipy
    from scipy.optimize import least_squares

    k, vol, weight = (np.array(case[name]) for name in ("logMoneyness", "vol", "weight"))
    years, level = case["expiryYears"], case["atmVol"]
    deviation, span = level * math.sqrt(years), k.max() - k.min()
    found = {}

    def run():
        def residuals(x):
            a, b, rho, m, sigma = x
            w = a + b * (rho * (k - m) + np.sqrt((k - m) ** 2 + sigma ** 2))
            return weight * (np.sqrt(np.maximum(w, 1e-12) / years) - vol)

        fit = least_squares(residuals, [0.5 * deviation ** 2, 0.5 * deviation, -0.4, 0.0, deviation],
                            bounds=([-2, 0, -1, k.min() - 2 * span, 1e-6], [2, 2, 1, k.max() + 2 * span, 20]), x_scale=[deviation ** 2, deviation, 1, deviation, deviation])
        found["vol"] = (residuals(fit.x) / weight + vol).tolist()

    return Case(f"scipy {scipy.__version__}, least_squares from one start", run, 1, lambda: found)


CASES = {
    "impliedVols": implied_vols, "prices": prices, "greeks": greeks, "blackScholes": black_scholes, "hestonPrices": heston_prices, "hestonSurface": heston_surface,
    "hestonCalibration": heston_calibration, "svi": svi, "sviScipy": svi_scipy,
}

if __name__ == "__main__":
    current = None
    for line in sys.stdin:
        job = json.loads(line)
        if "run" in job:
            answer = current.time()
        else:
            try:
                current = CASES[job["prepare"]](job["input"])
                cold = current.time()["seconds"]
                current.group = max(1, math.ceil(LEAST_SECONDS / cold))
                answer = {"peer": current.peer, "count": current.count, "coldSeconds": cold, "found": current.found()}
            except ImportError as error:
                answer = {"missing": str(error)}
        print(json.dumps(answer), flush=True)
