"""MINUIT of the `optimizers` crate beside iminuit (C++ Minuit2), problem by problem, in one run.

    python3 -m venv venv && venv/bin/pip install numpy iminuit==2.33.0
    cargo run --release --example peer_problems -p optimizers | venv/bin/python benches/peers/compare_iminuit.py

Both get the same start, bounds, error definition and goal for the estimated distance to the minimum. Gradients in
Python are exact (complex steps). iminuit's calls are values plus gradients of MIGRAD and HESSE together, as ours are.
Where HESSE errors differ, the exact Hessian (complex steps again) at our minimum is the judge.
Exits with 1 when a problem that iminuit solves is not solved here, or when errors are wrong.
"""

import json
import statistics
import sys
import time

import numpy as np
from iminuit import Minuit

PI = np.pi


def squares(residuals):
    return sum(r * r for r in residuals)


def bard(x):
    y = [0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39]
    rows = ((i + 1.0, 15.0 - i, v) for i, v in enumerate(y))
    return squares(v - (x[0] + u / (x[1] * w + x[2] * min(u, w))) for u, w, v in rows)


def kowalik_osborne(x):
    y = [0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246]
    u = [4.0, 2.0, 1.0, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625]
    return squares(v - x[0] * (u * u + u * x[1]) / (u * u + u * x[2] + x[3]) for u, v in zip(u, y))


OSBORNE = [
    0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818, 0.784, 0.751, 0.718, 0.685, 0.658, 0.628, 0.603,
    0.580, 0.558, 0.538, 0.522, 0.506, 0.490, 0.478, 0.467, 0.457, 0.448, 0.438, 0.431, 0.424, 0.420, 0.414, 0.411,
    0.406,
]
MEYER = [
    34780.0, 28610.0, 23650.0, 19630.0, 16370.0, 13720.0, 11540.0, 9744.0, 8261.0, 7030.0, 6005.0, 5147.0, 4427.0,
    3820.0, 3307.0, 2872.0,
]
GAUSSIAN = [
    0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521, 0.3989, 0.3521, 0.2420, 0.1295, 0.0540, 0.0175, 0.0044,
    0.0009,
]


def osborne_1(x):
    model = lambda t: x[0] + x[1] * np.exp(-10 * t * x[3]) + x[2] * np.exp(-10 * t * x[4])
    return squares(y - model(t) for t, y in enumerate(OSBORNE))


def meyer(x):
    return squares(x[0] * np.exp(x[1] / (50.0 + 5.0 * i + x[2])) - y for i, y in enumerate(MEYER))


def watson(x):
    n = len(x)
    total = x[0] ** 2 + (x[1] - x[0] ** 2 - 1) ** 2
    for i in range(1, 30):
        t = i / 29.0
        slope = sum(j * x[j] * t ** (j - 1) for j in range(1, n))
        value = sum(x[j] * t**j for j in range(n))
        total += (slope - value**2 - 1) ** 2
    return total


def helical_valley(x):
    turn = np.arctan(x[1] / x[0]) / (2 * PI) + (0.5 if x[0].real < 0 else 0.0)
    return squares([10 * (x[2] - 10 * turn), 10 * (np.sqrt(x[0] ** 2 + x[1] ** 2) - 1), x[2]])


def box_3(x):
    t = [0.1 * i for i in range(1, 11)]
    return squares(np.exp(-t * x[0]) - np.exp(-t * x[1]) - x[2] * (np.exp(-t) - np.exp(-10 * t)) for t in t)


def biggs(x):
    total = 0.0
    for i in range(1, 14):
        t = 0.1 * i
        y = np.exp(-t) - 5 * np.exp(-10 * t) + 3 * np.exp(-4 * t)
        total += (x[2] * np.exp(-t * x[0]) - x[3] * np.exp(-t * x[1]) + x[5] * np.exp(-t * x[4]) - y) ** 2
    return total


def gulf(x):
    total = 0.0
    for i in range(1, 100):
        t = i / 100.0
        base = 25 + (-50 * np.log(t)) ** (2 / 3) - x[1]
        base = -base if base.real < 0 else base
        total += (np.exp(-np.exp(np.log(base) * x[2]) / x[0]) - t) ** 2
    return total


def wood(x):
    return (
        100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2 + 90 * (x[3] - x[2] ** 2) ** 2 + (1 - x[2]) ** 2
        + 10 * (x[1] + x[3] - 2) ** 2 + 0.1 * (x[1] - x[3]) ** 2
    )


def powell_singular(x):
    total = 0.0
    for a, b, c, d in zip(x[0::4], x[1::4], x[2::4], x[3::4]):
        total += (a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4
    return total


def variably_dimensioned(x):
    weighted = sum((j + 1) * (v - 1) for j, v in enumerate(x))
    return squares(v - 1 for v in x) + weighted**2 + weighted**4


def trigonometric(x):
    cosines = sum(np.cos(v) for v in x)
    return squares(len(x) - cosines + (i + 1) * (1 - np.cos(v)) - np.sin(v) for i, v in enumerate(x))


def brown_almost_linear(x):
    total, product = sum(x), np.prod(x)
    return squares(v + total - (len(x) + 1) for v in x[:-1]) + (product - 1) ** 2


def padded(x):
    return zip(np.concatenate([[0], x[:-1]]), x, np.concatenate([x[1:], [0]]))


def discrete_boundary_value(x):
    h = 1.0 / (len(x) + 1)
    return squares(
        2 * v - a - b + h * h / 2 * (v + h * (i + 1) + 1) ** 3 for i, (a, v, b) in enumerate(padded(x))
    )


def goldstein_price(x):
    a, b = x
    first = 1 + (a + b + 1) ** 2 * (19 - 14 * a + 3 * a**2 - 14 * b + 6 * a * b + 3 * b**2)
    return first * (30 + (2 * a - 3 * b) ** 2 * (18 - 32 * a + 12 * a**2 + 48 * b - 36 * a * b + 27 * b**2))


def brown_dennis(x):
    t = [i / 5 for i in range(1, 21)]
    return squares((x[0] + t * x[1] - np.exp(t)) ** 2 + (x[2] + x[3] * np.sin(t) - np.cos(t)) ** 2 for t in t)


FUNCTIONS = {
    "Rosenbrock": lambda x: sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(x[0::2], x[1::2])),
    "Freudenstein-Roth": lambda x: squares(
        [x[0] - 13 + ((5 - x[1]) * x[1] - 2) * x[1], x[0] - 29 + ((x[1] + 1) * x[1] - 14) * x[1]]
    ),
    "Powell badly scaled": lambda x: squares([1e4 * x[0] * x[1] - 1, np.exp(-x[0]) + np.exp(-x[1]) - 1.0001]),
    "Brown badly scaled": lambda x: squares([x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2]),
    "Beale": lambda x: squares(y - x[0] * (1 - x[1] ** i) for i, y in ((1, 1.5), (2, 2.25), (3, 2.625))),
    "Jennrich-Sampson": lambda x: squares(2 + 2 * i - np.exp(i * x[0]) - np.exp(i * x[1]) for i in range(1, 11)),
    "Helical valley": helical_valley,
    "Bard": bard,
    "Gaussian": lambda x: squares(
        x[0] * np.exp(-x[1] * ((7 - i) / 2 - x[2]) ** 2 / 2) - y for i, y in enumerate(GAUSSIAN)
    ),
    "Meyer": meyer,
    "Gulf": gulf,
    "Box 3": box_3,
    "Powell singular": powell_singular,
    "Wood": wood,
    "Kowalik-Osborne": kowalik_osborne,
    "Brown-Dennis": brown_dennis,
    "Osborne 1": osborne_1,
    "Biggs EXP6": biggs,
    "Watson": watson,
    "Penalty I": lambda x: 1e-5 * squares(v - 1 for v in x) + (sum(v * v for v in x) - 0.25) ** 2,
    "Variably dimensioned": variably_dimensioned,
    "Trigonometric": trigonometric,
    "Brown almost linear": brown_almost_linear,
    "Discrete boundary value": discrete_boundary_value,
    "Broyden tridiagonal": lambda x: squares((3 - 2 * v) * v - a - 2 * b + 1 for a, v, b in padded(x)),
    "Goldstein-Price": goldstein_price,
}


class Counted:
    """A function of an array and its gradient, counting calls."""

    def __init__(self, function):
        self.function = function
        self.calls = 0

    def value(self, x):
        self.calls += 1
        with np.errstate(all="ignore"):
            return float(np.real(self.function(np.asarray(x, dtype=float))))

    def gradient(self, x):
        self.calls += 1
        z = np.asarray(x, dtype=complex)
        slopes = np.empty(len(x))
        with np.errstate(all="ignore"):
            for i in range(len(x)):
                z[i] += 1e-30j
                slopes[i] = np.imag(self.function(z)) * 1e30
                z[i] = x[i]
        return slopes


def run_iminuit(case):
    """Returns what iminuit finds, in the words of our own JSON."""
    counted = Counted(FUNCTIONS[case["name"]])
    m = Minuit(counted.value, np.array(case["start"]), grad=counted.gradient if case["gradient"] else None)
    m.errordef = case["error_definition"]
    m.limits = [tuple(b) for b in case["bounds"]]
    m.tol = case["distance"] / 0.002
    m.strategy = 1
    started = time.perf_counter()
    try:
        m.migrad(ncall=100_000)
        if m.valid:
            m.hesse()
    except (RuntimeError, ValueError, FloatingPointError):
        pass
    seconds = time.perf_counter() - started
    calls = counted.calls
    ok = bool(m.valid and np.isfinite(m.fval))
    found = {"fval": m.fval, "calls": calls, "seconds": seconds, "valid": ok, "values": list(m.values)}
    found["accurate"] = bool(ok and m.accurate)
    if found["accurate"] and case["quality"] == 3:
        # The most careful HESSE, for the comparison only.
        m.strategy = 2
        m.hesse()
        found["errors"] = list(m.errors)
        found["accurate"] = bool(m.accurate)
        minos = []
        for i in range(len(m.values)):
            try:
                m.minos(i)
                merror = m.merrors[i]
                minos.append((merror.lower, merror.upper, bool(merror.is_valid)))
            except (RuntimeError, ValueError):
                minos.append((0.0, 0.0, False))
        found["minos"] = minos
    return found


def exact_errors(case):
    """Errors from the Hessian at our minimum, by extrapolated differences of exact gradients."""
    counted, x = Counted(FUNCTIONS[case["name"]]), np.array(case["values"])
    hessian = np.empty((len(x), len(x)))
    for i, error in enumerate(case["errors"]):
        shift = np.zeros(len(x))

        def slope(h):
            shift[i] = h
            return (counted.gradient(x + shift) - counted.gradient(x - shift)) / (2 * h)

        h = 0.02 * error
        hessian[i] = (4 * slope(h / 2) - slope(h)) / 3
    hessian = 0.5 * (hessian + hessian.T)
    scale = np.sqrt(np.diag(hessian))
    return np.sqrt(2 * case["error_definition"] * np.diag(np.linalg.inv(hessian / np.outer(scale, scale)))) / scale


def on_a_bound(case):
    """Whether a parameter sits on a bound: iminuit's errors mean nothing there."""
    near = lambda v, b: b is not None and abs(v - b) < 1e-6 * (1 + abs(b))
    return any(near(v, b) for v, pair in zip(case["values"], case["bounds"]) for b in pair)


def solved(case, fval):
    """Whether a value is one of the published minima, or equal to it within what the goal demands."""
    return any(abs(fval - f) < 1e-5 * (1 + abs(f)) for f in case["minima"])


def main():
    failures, ratios, hesse, minos = [], {True: [], False: []}, [], []
    times, left_out = [], set()
    print(f"{'':24}{'n':>3} {'gradient':8} {'ours':>7} {'iminuit':>8} {'calls':>14}   HESSE: apart, ours, theirs   MINOS    ms, ours and iminuit")
    for line in sys.stdin:
        case = json.loads(line)
        if case["name"] not in FUNCTIONS:
            left_out.add(case["name"])
            continue
        theirs = run_iminuit(case)
        name = f"{case['name']:24}{len(case['start']):3}"
        ours_ok = solved(case, case["fval"])
        theirs_ok = theirs["valid"] and solved(case, theirs["fval"])
        row = f"{name} {'yes' if case['gradient'] else 'no':8}"
        row += f"{'ok' if ours_ok else 'missed':>6} q{case['quality']} {'ok' if theirs_ok else 'missed':>7}"
        row += f"{case['calls']:7} {theirs['calls']:7}"
        if theirs_ok and not ours_ok:
            failures.append(f"{name}: iminuit finds {theirs['fval']}, we {case['fval']}")
        if theirs_ok and ours_ok:
            ratios[case["gradient"]].append(case["calls"] / theirs["calls"])
            times.append((case["seconds"], theirs["seconds"]))
        # Errors compare where both stand at the same minimum, off the bounds, and both trust them.
        apart = max(abs(a - b) / (e or 1.0) for a, b, e in zip(case["values"], theirs["values"], case["errors"]))
        if ours_ok and theirs_ok and apart < 0.01 and theirs["accurate"] and case["quality"] == 3 and not on_a_bound(case):
            worst = max(abs(a / b - 1) for a, b in zip(case["errors"], theirs["errors"]))
            exact = exact_errors(case)
            ours, other = (max(abs(np.array(e) / exact - 1)) for e in (case["errors"], theirs["errors"]))
            hesse.append((worst, ours, other, name))
            row += f" {worst:9.1e} {ours:8.1e} {other:8.1e}"
            pairs = zip(case["minos"], theirs["minos"])
            sides = [abs(a[k] / b[k] - 1) for a, b in pairs if a[2] and b[2] for k in (0, 1)]
            if sides:
                minos.append((max(sides), name))
                row += f" {max(sides):8.1e}"
        else:
            row += " " * 37
        row += f" {1e3 * case['seconds']:8.2f} {1e3 * theirs['seconds']:8.2f}"
        print(row)
    if left_out:
        print(f"left out, since their functions are not here: {', '.join(sorted(left_out))}")
    for gradient, found in ratios.items():
        print(f"calls, ours over iminuit's, {'with' if gradient else 'without'} gradient: median {statistics.median(found):.2f}")
    worst = lambda column: f"{max(h[column] for h in hesse):.1e} (median {statistics.median(h[column] for h in hesse):.1e})"
    print(f"HESSE errors of {len(hesse)} fits, worst difference: between the two {worst(0)}")
    print(f"  ours from the exact ones {worst(1)}, iminuit's from the exact ones {worst(2)}")
    print(f"MINOS errors of {len(minos)} fits: worst {max(minos)[0]:.1e}, median {statistics.median(h for h, _ in minos):.1e}")
    print(f"time of all fits: ours {sum(t for t, _ in times):.3f} s, iminuit (Python functions) {sum(t for _, t in times):.3f} s")
    failures += [f"HESSE {n}: {apart:.1e}, ours {ours:.1e}" for apart, ours, other, n in hesse if ours > max(1e-4, other)]
    failures += [f"MINOS {n}: {w:.1e}" for w, n in minos if w > 1e-3]
    if statistics.median(ratios[True]) >= 1:
        failures.append("with gradients we need as many calls as iminuit or more")
    print("\n".join(failures) or "no failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
