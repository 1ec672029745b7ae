"""The optimizers for functions of Python: values and errors that are known in closed form, and what goes wrong in the function."""

from __future__ import annotations

import copy
import os
import pickle
import signal
import threading
import time
from typing import Any

import numpy as np
import pytest

import roifit
from roifit import Minuit, minimize

# A quadratic form whose covariance is known.
COVARIANCE = np.array([[0.04, 0.03, 0.0], [0.03, 0.09, -0.02], [0.0, -0.02, 0.25]])
CURVATURE = np.linalg.inv(COVARIANCE)
TRUTH = np.array([1.0, -2.0, 0.5])


def half_square(x: Any) -> float:
    """-log likelihood of a normal distribution."""
    return float(0.5 * (x - TRUTH) @ CURVATURE @ (x - TRUTH))


def ten(mean: float) -> float:
    """-log likelihood of ten counts."""
    return mean - 10.0 * np.log(mean)


@pytest.mark.parametrize("optimizer", roifit.optimizers())
def test_a_parabola_is_solved_by_every_optimizer(optimizer: str) -> None:
    result = minimize(half_square, [0.0, 0.0, 0.0], optimizer=optimizer, tol=1e-6)
    assert result.success and result.quality == 3
    np.testing.assert_allclose(result.x, TRUTH, atol=1e-3)
    np.testing.assert_allclose(result.covariance, COVARIANCE, atol=2e-4)
    np.testing.assert_allclose(result.errors, np.sqrt(np.diag(COVARIANCE)), rtol=2e-3)
    assert result.fun == result.fval == pytest.approx(half_square(result.x), abs=1e-12)


def test_derivatives_are_used() -> None:
    calls = {"value": 0, "grad": 0, "hess": 0}

    def value(x: Any) -> float:
        calls["value"] += 1
        return half_square(x)

    def grad(x: Any) -> Any:
        calls["grad"] += 1
        return CURVATURE @ (x - TRUTH)

    def hess(x: Any) -> Any:
        calls["hess"] += 1
        return CURVATURE

    without = minimize(value, [0.0, 0.0, 0.0])
    counted = calls["value"]
    with_them = minimize(value, np.zeros(3), grad=grad, hess=hess, optimizer="NEWTON")
    assert calls["grad"] > 0 and calls["hess"] > 0 and calls["value"] - counted < counted
    np.testing.assert_allclose(with_them.covariance, COVARIANCE, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(without.x, with_them.x, atol=1e-2)
    with pytest.raises(roifit.OptionError, match="grad"):
        minimize(value, [0.0] * 3, hess=hess)
    with pytest.raises(roifit.OptionError, match="expected 3"):
        minimize(value, [0.0] * 3, grad=lambda x: [1.0, 2.0], optimizer="NEWTON")


def test_names_bounds_fixed_parameters_and_more_arguments() -> None:
    result = minimize(lambda x, shift: half_square(x - shift), {"a": 0.0, "b": 0.0, "c": 0.0}, args=(1.0,), bounds=[(None, 1.5), None, (0.0, 9.0)], fixed=["c"])
    assert result.names == ["a", "b", "c"] and result.index("b") == 1
    assert result.x[0] == 1.5 and result.x[2] == 0.0 and result.errors[2] == 0.0
    assert list(result.at_limit) == [0] and list(result.free) == [0, 1]
    of_arrays = minimize(half_square, [0.0] * 3, bounds=np.array([[-9.0, 0.5], [-9.0, 9.0], [0.0, 9.0]]))
    assert of_arrays.x[0] == 0.5 and of_arrays.success
    assert "a" in str(result) and len(result.to_table()) == 3
    for wrong in ({"bounds": [(1.0, 0.0)] * 3}, {"bounds": [None]}, {"fixed": ["nobody"]}, {"steps": [-1.0] * 3}, {"errordef": -1.0}, {"optimizer": "MINIT"}, {"tol": -1.0}, {"strategy": 7}, {"tolerance": 1.0}):
        with pytest.raises((roifit.OptionError, OverflowError)):
            minimize(half_square, [0.0, 0.0, 0.0], **wrong)
    with pytest.raises(roifit.OptionError, match="finite"):
        minimize(half_square, [float("nan"), 0.0, 0.0])
    with pytest.raises(roifit.OptionError, match="shape"):
        minimize(half_square, [[0.0, 0.0, 0.0]])
    with pytest.raises(roifit.OptionError, match="start"):
        minimize(half_square, [0.0] * 3, start=3)
    for explore in (lambda r: r.contour(0, 0), lambda r: r.minos(7), lambda r: r.minos(0, cl=2.0), lambda r: r.profile(0, [float("nan")]), lambda r: r.profile(0, sigmas=-1.0)):
        with pytest.raises(roifit.OptionError):
            explore(minimize(half_square, [0.0, 0.0, 0.0]))


def test_errors_of_ten_counts_are_those_of_the_books() -> None:
    result = minimize(lambda x: ten(x[0]), [8.0], bounds=[(0.0, None)], names=["mean"])
    errors = result.minos("mean")
    # F. James, MINUIT: where logL has fallen by a half.
    assert errors["lower"]["error"] == pytest.approx(-2.838, abs=1e-3) and errors["upper"]["error"] == pytest.approx(3.504, abs=1e-3)
    level = result.minos(0, cl=0.9)
    for side in ("lower", "upper"):
        assert ten(10.0 + level[side]["error"]) - ten(10.0) == pytest.approx(0.5 * 2.705543, rel=1e-3)
    scan = result.profile("mean", points=5, minimize=False)
    np.testing.assert_allclose(scan["fval"], [ten(x) for x in scan["x"]])
    again = minimize(lambda x: ten(x[0]), [8.0], bounds=[(0.0, None)], names=["mean"], start=result)
    assert again.ncalls < result.ncalls and again.x == pytest.approx(result.x, abs=0.05)


def test_an_exception_of_the_function_comes_out_as_it_is() -> None:
    class Mine(Exception):
        pass

    failure = Mine("mine")
    calls = []

    def breaks(x: Any) -> float:
        calls.append(1)
        if len(calls) > 5:
            raise failure
        return half_square(x)

    with pytest.raises(Mine) as caught:
        minimize(breaks, [0.0, 0.0, 0.0])
    assert caught.value is failure and len(calls) == 6
    result = minimize(half_square, [0.0, 0.0, 0.0])
    result._function = breaks
    with pytest.raises(Mine):
        result.minos(0)
    with pytest.raises(Mine):
        minimize(half_square, [0.0] * 3, progress=lambda _: breaks(TRUTH))
    with pytest.raises(roifit.OptionError, match="str"):
        minimize(lambda x: "text", [0.0])
    with pytest.raises(TypeError):
        minimize(lambda: 0.0, [0.0])


def test_a_function_that_is_not_finite_somewhere_is_stepped_back_from() -> None:
    result = minimize(lambda x: float("inf") if x[0] < 0 else (x[0] - 0.5) ** 2 + 0.1 / max(x[0], 1e-9), [3.0], errordef=1.0)
    assert result.success and 0 < result.x[0] < 2
    nowhere = minimize(lambda x: float("nan"), [1.0])
    assert not nowhere.success and "finite" in nowhere.message


def test_ctrl_c_ends_a_minimisation() -> None:
    def slow(x: Any) -> float:
        time.sleep(0.01)
        return half_square(x)

    # A job in the background of a shell begins with the signal ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(0.15, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    begin = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        minimize(slow, [0.0, 0.0, 0.0], tol=1e-12, optimizer="SIMPLEX", max_calls=100_000)
    assert time.perf_counter() - begin < 2.0


def test_results_are_copied_and_pickled() -> None:
    result = minimize(half_square, [0.0, 0.0, 0.0])
    for other in (pickle.loads(pickle.dumps(result)), copy.copy(result)):
        np.testing.assert_array_equal(other.x, result.x)


def line(a: float, b: float) -> float:
    """Chi square of a straight line through four points."""
    x = np.array([0.0, 1.0, 2.0, 3.0])
    y, sigma = np.array([1.1, 1.9, 3.2, 3.9]), np.array([0.1, 0.2, 0.1, 0.3])
    return float((((a + b * x - y) / sigma) ** 2).sum())


def test_minuit_fits_a_line_as_least_squares_do() -> None:
    m = Minuit(line, a=0.0, b=0.0)
    assert m.parameters == ("a", "b") and m.npar == m.nfit == 2 and m.errordef == Minuit.LEAST_SQUARES
    assert not m.valid and m.fmin is None and m.fval is None and m.covariance is None
    assert m.migrad() is m and m.valid and m.accurate
    x, sigma = np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.1, 0.2, 0.1, 0.3])
    design = np.column_stack([np.ones(4), x]) / sigma[:, np.newaxis]
    covariance = np.linalg.inv(design.T @ design)
    best = covariance @ design.T @ (np.array([1.1, 1.9, 3.2, 3.9]) / sigma)
    np.testing.assert_allclose(list(m.values), best, atol=1e-3)
    np.testing.assert_allclose(m.covariance, covariance, rtol=1e-3)
    np.testing.assert_allclose(m.covariance.correlation()["a", "b"], covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]), rtol=1e-3)
    assert m.covariance["a", "a"] == pytest.approx(m.errors["a"] ** 2) and m.errors[-1] == m.errors["b"]
    assert m.fval == pytest.approx(line(*m.values)) and m.fmin.edm < 2e-4 and m.nfcn > 0
    m.minos("a")
    assert set(m.merrors) == {"a"} and m.merrors["a"].upper == pytest.approx(m.errors["a"], rel=1e-3) == pytest.approx(-m.merrors["a"].lower, rel=1e-3)
    m.minos(cl=2)
    assert m.merrors["b"].upper == pytest.approx(2 * m.errors["b"], rel=1e-3)
    # For a parabola the contour is the ellipse of the quantile of two degrees of freedom: 2.2789 for 68 %.
    points = m.mncontour("a", "b", size=24)
    assert points.shape == (25, 2) and (points[0] == points[-1]).all()
    away = points - best
    np.testing.assert_allclose(np.einsum("ni,ij,nj->n", away, np.linalg.inv(covariance), away), -2.0 * np.log(1.0 - 0.68), rtol=5e-3)
    values, height, fits = m.mnprofile("b", size=5, subtract_min=True)
    np.testing.assert_allclose(height, ((values - best[1]) ** 2) / covariance[1, 1], atol=5e-3)
    assert fits.all() and "a" in repr(m)


def test_minuits_parameters_are_set_and_fixed() -> None:
    m = Minuit(line, 0.0, b=1.0)
    m.values["a"] = 1.5
    m.fixed["a"] = True
    m.errors[:] = 0.1
    m.limits["b"] = (0.0, None)
    m.migrad()
    assert m.values["a"] == 1.5 and m.nfit == 1 and m.errors["a"] == 0.0 and m.limits["b"] == (0.0, float("inf"))
    assert m.covariance.shape == (2, 2) and m.covariance["a", "a"] == 0.0
    with pytest.raises(roifit.OptionError, match="fixed"):
        m.minos("a")
    m.fixed = False
    m.limits = [(None, None), (5.0, 6.0)]
    assert m.values["b"] == 5.0
    m.migrad()
    assert m.fmin.has_parameters_at_limit and m.values["b"] == 5.0
    assert m.values.to_dict().keys() == {"a", "b"} and m.values[:] == list(m.values) and len(m.params) == 2
    with pytest.raises(ValueError, match="empty"):
        m.limits["a"] = (1.0, 1.0)
    with pytest.raises(roifit.OptionError, match="nobody"):
        m.values["nobody"]
    with pytest.raises(roifit.OptionError, match="missing"):
        Minuit(line, a=1.0, name=["a", "b"])
    assert m.reset().values["a"] == 0.0 and m.fmin is None


def test_errors_are_those_of_the_problem_as_it_is_now() -> None:
    m = Minuit(half_square, np.zeros(3), name=("u", "v", "w"))
    m.errordef = Minuit.LIKELIHOOD
    m.migrad().minos("u")
    assert m.merrors["u"].upper == pytest.approx(np.sqrt(COVARIANCE[0, 0]), rel=1e-3)
    # What is as it was changes nothing.
    m.fixed["v"] = False
    assert m.valid and m.covariance is not None
    m.fixed["v"] = True
    assert m.covariance is None and m.merrors == {} and not m.valid
    # The others held, the error is that of the inverse of their part of the curvature.
    held = np.linalg.inv(CURVATURE[np.ix_([0, 2], [0, 2])])[0, 0]
    m.minos("u")
    assert m.merrors["u"].upper == pytest.approx(np.sqrt(held), rel=1e-3)
    m.limits["w"] = (-9.0, 9.0)
    assert m.covariance is None and m.merrors == {}
    m.fixed = False
    m.values["v"] = 0.0
    m.migrad()
    points = m.mncontour("u", "w", cl=0.68, size=8)
    m.values["v"], m.fixed["v"] = -1.0, True
    moved = m.mncontour("u", "w", cl=0.68, size=8)
    assert abs(moved[:, 0].mean() - points[:, 0].mean()) > 0.1
    # A pair without ends is one for each.
    m.limits[:] = (None, None)
    assert m.limits["w"] == (-float("inf"), float("inf"))


def test_minuit_takes_functions_of_arrays_gradients_and_other_optimizers() -> None:
    m = Minuit(half_square, np.zeros(3), grad=lambda x: CURVATURE @ (x - TRUTH), name=("u", "v", "w"))
    m.errordef = Minuit.LIKELIHOOD
    m.minimize("NEWTON")
    np.testing.assert_allclose(m.covariance, COVARIANCE, rtol=1e-4)
    m.values = TRUTH
    m.hesse()
    np.testing.assert_allclose(m.errors, np.sqrt(np.diag(COVARIANCE)), rtol=1e-4)
    m.reset().simplex()
    np.testing.assert_allclose(list(m.values), TRUTH, atol=0.05)
    few = Minuit(half_square, np.zeros(3))
    few.migrad(ncall=5)
    assert not few.valid and few.fmin.has_reached_call_limit


def test_threads_do_not_mix() -> None:
    results: list[Any] = []

    def work(shift: float) -> None:
        results.append((shift, minimize(lambda x: half_square(x - shift), [0.0] * 3).x))

    threads = [threading.Thread(target=work, args=(float(shift),)) for shift in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for shift, x in results:
        np.testing.assert_allclose(x, TRUTH + shift, atol=1e-2)
    assert len(results) == 4


def test_numbers_are_those_of_iminuit() -> None:
    iminuit = pytest.importorskip("iminuit")
    edges = np.linspace(0.0, 10.0, 41)
    middle, width = 0.5 * (edges[1:] + edges[:-1]), edges[1] - edges[0]

    def expected(signal: float, mean: float, sigma: float, background: float) -> Any:
        peak = np.exp(-0.5 * ((middle - mean) / sigma) ** 2) / (sigma * np.sqrt(2.0 * np.pi))
        return width * (signal * peak + background / 10.0)

    counts = np.random.default_rng(1).poisson(expected(60.0, 4.0, 0.5, 150.0))

    def nll(signal: float, mean: float, sigma: float, background: float) -> float:
        model = expected(signal, mean, sigma, background)
        return float((model - counts * np.log(model)).sum())

    fits = []
    for kind in (Minuit, iminuit.Minuit):
        m = kind(nll, signal=50.0, mean=5.0, sigma=1.0, background=120.0)
        m.errordef = kind.LIKELIHOOD
        m.tol = 1e-3
        m.limits["signal", "background"] = (0.0, None)
        m.limits["sigma"] = (0.05, 5.0)
        m.migrad()
        m.hesse()
        m.minos()
        fits.append(m)
    ours, theirs = fits
    assert ours.valid and theirs.valid and ours.parameters == theirs.parameters
    errors = np.array(list(theirs.errors))
    np.testing.assert_allclose((np.array(list(ours.values)) - list(theirs.values)) / errors, 0.0, atol=0.01)
    np.testing.assert_allclose(list(ours.errors), errors, rtol=0.02)
    np.testing.assert_allclose(ours.covariance.correlation(), theirs.covariance.correlation(), atol=0.02)
    for name in ours.parameters:
        for side in ("lower", "upper"):
            assert getattr(ours.merrors[name], side) == pytest.approx(getattr(theirs.merrors[name], side), rel=0.01), (name, side)
    # Both contours lie where the other function has the same height.
    points = ours.mncontour("signal", "sigma", cl=0.68, size=12)
    heights = []
    for x, y in points[:-1]:
        theirs.values["signal"], theirs.values["sigma"] = x, y
        theirs.fixed["signal", "sigma"] = True
        heights.append(theirs.migrad().fval - ours.fval)
    np.testing.assert_allclose(heights, -np.log(1.0 - 0.68), rtol=0.02)
    assert ours.fmin.has_accurate_covar and ours.fval == pytest.approx(nll(*ours.values), abs=1e-9)
