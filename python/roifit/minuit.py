"""The interface of iminuit over the optimizers of the engine: `Minuit`, with `migrad`, `hesse`, `minos`, `mncontour`.

Names and meanings are iminuit's; the algorithms are those of roifit, so that numbers agree within the tolerance and calls are counted otherwise.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _engine
from .minimizing import position
from .minuit_views import Errors, Fixed, FMin, Limits, Matrix, MError, Param, Values

# The goal of MIGRAD is an estimated distance of 0.002 * tol * errordef; that of the engine 4 * tol * errordef.
TOLERANCE = 0.002 / 4.0


class Minuit:
    """A function, its parameters, and what is known of its minimum.

    Parameters
    ----------
    fcn
        Called with the parameters one by one, or with an array if the start is one.
    *args, **kwargs
        Start values, by position or name; or one array.
    grad
        The gradient, called likewise.
    name
        Names of the parameters; by default those that ``fcn`` has.

    Examples
    --------
    >>> m = Minuit(lambda x, y: (x - 2.0) ** 2 + (y + 1.0) ** 2, x=0.0, y=0.0)
    >>> m.errordef = Minuit.LEAST_SQUARES
    >>> m.migrad().valid
    True
    >>> round(m.values["x"], 3), round(m.errors["y"], 3)
    (2.0, 1.0)
    """

    LEAST_SQUARES = 1.0
    LIKELIHOOD = 0.5

    def __init__(
        self,
        fcn: Callable[..., Any],
        *args: Any,
        grad: Callable[..., Any] | None = None,
        name: Sequence[str] | None = None,
        **kwargs: float,
    ) -> None:
        is_array = len(args) == 1 and not kwargs and np.ndim(args[0]) == 1
        self._fcn, self._grad, self._is_array = fcn, grad, is_array
        start = {} if not is_array else {"": args[0]}
        if is_array:
            values = [float(value) for value in start[""]]
            self._names = list(name) if name is not None else [f"x{i}" for i in range(len(values))]
        else:
            self._names = list(name) if name is not None else _names_of(fcn, len(args) + len(kwargs))
            values = _started(self._names, args, kwargs)
        if len(self._names) != len(values):
            raise _engine.OptionError(f"name: {len(self._names)} names for {len(values)} parameters")
        self._start = list(values)
        self._values = list(values)
        self._errors: list[float] = [0.0] * len(values)
        self._steps: list[float | None] = [None] * len(values)
        self._limits = [(-math.inf, math.inf) for _ in values]
        self._fixed = [False] * len(values)
        self._errordef: float = getattr(fcn, "errordef", self.LEAST_SQUARES)
        self.tol: float = 0.1
        self.strategy: int = 1
        self.precision: float | None = None
        self.print_level: int = 0
        self._forget()

    # What it is.

    @property
    def fcn(self) -> Callable[..., Any]:
        """The function."""
        return self._fcn

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(self._names)

    @property
    def npar(self) -> int:
        """Number of parameters."""
        return len(self._names)

    @property
    def nfit(self) -> int:
        """Number of parameters that are not fixed."""
        return self._fixed.count(False)

    @property
    def errordef(self) -> float:
        """The rise that marks one standard deviation: `LEAST_SQUARES` (the default) or `LIKELIHOOD`."""
        return self._errordef

    @errordef.setter
    def errordef(self, value: float) -> None:
        if not value > 0.0:
            raise _engine.OptionError(f"errordef: {value} is not allowed; expected a number above 0")
        self._errordef = float(value)
        self._forget()

    values = property(lambda self: Values(self), lambda self, new: Values(self)._set_all(new), doc="Values of the parameters, by name or position.")
    errors = property(lambda self: Errors(self), lambda self, new: Errors(self)._set_all(new), doc="Errors; before a fit first steps can be set.")
    limits = property(lambda self: Limits(self), lambda self, new: Limits(self)._set_all(new), doc="Limits: a pair each; None does not bind.")
    fixed = property(lambda self: Fixed(self), lambda self, new: Fixed(self)._set_all(new), doc="Which parameters are fixed.")

    # What was found.

    @property
    def fmin(self) -> FMin | None:
        """What is known of the minimum; None before there is one."""
        return self._fmin

    @property
    def fval(self) -> float | None:
        """The function at the minimum."""
        return None if self._fmin is None else self._fmin.fval

    @property
    def valid(self) -> bool:
        """Whether a minimum was reached."""
        return self._fmin is not None and self._fmin.is_valid

    @property
    def accurate(self) -> bool:
        """Whether the covariance is accurate."""
        return self._fmin is not None and self._fmin.has_accurate_covar

    @property
    def covariance(self) -> Matrix | None:
        """Covariance of all parameters, zero where one is fixed; by names or positions."""
        return self._covariance

    @property
    def merrors(self) -> dict[str, MError]:
        """Errors of `minos`, by name."""
        return self._merrors

    @property
    def params(self) -> list[Param]:
        """Everything of each parameter."""
        rows = zip(self._names, self._values, self._errors, self._limits, self._fixed, strict=True)
        return [Param(at, name, value, error, self._merrors.get(name), is_fixed, limits) for at, (name, value, error, limits, is_fixed) in enumerate(rows)]

    @property
    def nfcn(self) -> int:
        """Calls of the function by `migrad` and its like and by `hesse` so far; those of `minos`, contours and profiles are not counted."""
        return self._nfcn

    # Verbs.

    def migrad(self, ncall: int | None = None, iterate: int = 5, use_simplex: bool = True) -> Minuit:
        """Goes to the minimum and finds its covariance."""
        return self._minimized("MINUIT", ncall)

    def simplex(self, ncall: int | None = None) -> Minuit:
        """Goes to the minimum by Nelder and Mead's simplex."""
        return self._minimized("SIMPLEX", ncall)

    def minimize(self, optimizer: str = "MINUIT", ncall: int | None = None) -> Minuit:
        """Goes to the minimum with any of `roifit.optimizers`."""
        return self._minimized(optimizer, ncall)

    def hesse(self, ncall: int | None = None) -> Minuit:
        """Finds the covariance where the parameters stand."""
        return self._take(_engine.hesse(self._function, self._described(), **self._keywords(ncall)))

    def minos(self, *parameters: int | str, cl: float | None = None, ncall: int | None = None) -> Minuit:
        """Finds asymmetric errors of the named parameters, or of all that are free; `merrors` has them.

        Parameters
        ----------
        cl
            Confidence level, or if 1 or more a number of standard deviations; one standard deviation by default.
        """
        minimum = self._at_minimum("minos")
        chosen = [position(self._names, one) for one in parameters] or [at for at, held in enumerate(self._fixed) if not held]
        keywords = {key: value for key, value in self._keywords(ncall).items() if key != "errordef"}
        for at in chosen:
            if self._fixed[at]:
                raise _engine.OptionError(f"minos: '{self._names[at]}' is fixed; it has no error")
            found = minimum.minos(self._function, at, cl=None if cl is None else _level(cl), **keywords)
            self._merrors[self._names[at]] = MError.of(at, self._names[at], self._values[at], found)
        return self

    def mncontour(self, x: int | str, y: int | str, *, cl: float | None = None, size: int = 100) -> NDArray[np.float64]:
        """Points of the contour in the plane of two parameters, an array of shape (size + 1, 2) whose last point is the first.

        Parameters
        ----------
        cl
            The probability that both true values lie within, 0.68 by default; if 1 or more, that of as many standard deviations.
        """
        level = 0.68 if cl is None else _level(cl)
        keywords = {key: value for key, value in self._keywords(None).items() if key != "errordef"}
        first, second = (position(self._names, one) for one in (x, y))
        found = self._at_minimum("mncontour").contour(self._function, first, second, size, cl=level, **keywords)
        points = np.column_stack([found["x"], found["y"]])
        return np.vstack([points, points[:1]])

    def mnprofile(self, vname: int | str, *, size: int = 30, bound: Any = 2.0, subtract_min: bool = False) -> tuple[Any, Any, Any]:
        """The function minimised over the others at values of a parameter: values, the function, whether it is a minimum there."""
        return self._curve(vname, size, bound, subtract_min, True)

    def profile(self, vname: int | str, *, size: int = 100, bound: Any = 2.0, subtract_min: bool = False) -> tuple[Any, Any]:
        """The function at values of a parameter, the others at the minimum: values, the function."""
        return self._curve(vname, size, bound, subtract_min, False)[:2]

    def reset(self) -> Minuit:
        """Back to the start values."""
        self._values = list(self._start)
        self._errors = [0.0] * self.npar
        self._forget()
        return self

    def plot_contour(self, x: int | str, y: int | str, *, cl: Sequence[float] = (0.68, 0.95), size: int = 60, ax: Any = None) -> Any:
        """Draws contours of `mncontour`; returns the axes."""
        from .plots.minima import contours

        return contours(self, x, y, cl, size, ax)

    def plot_profile(self, vname: int | str, *, ax: Any = None) -> Any:
        """Draws `mnprofile`; returns the axes."""
        from .plots.minima import profile

        return profile(self, vname, ax)

    # Inside.

    def _forget(self) -> None:
        self._minimum: _engine.Minimum | None = None
        self._fmin: FMin | None = None
        self._covariance: Matrix | None = None
        self._merrors: dict[str, MError] = {}
        self._nfcn: int = getattr(self, "_nfcn", 0)

    @property
    def _function(self) -> Callable[..., Any]:
        fcn = self._fcn
        return fcn if self._is_array else lambda x: fcn(*x)

    def _described(self) -> list[Any]:
        rows = zip(self._names, self._values, self._steps, self._limits, self._fixed, strict=True)
        return [(name, value, step, low, high, held) for name, value, step, (low, high), held in rows]

    def _keywords(self, ncall: int | None) -> dict[str, Any]:
        grad = self._grad
        if grad is not None and not self._is_array:
            one_by_one = grad

            def grad(x: Any) -> Any:
                return one_by_one(*x)

        return {
            "errordef": self._errordef,
            "grad": grad,
            "tol": max(self.tol, 1e-12) * TOLERANCE,
            "strategy": self.strategy,
            "precision": self.precision,
            "max_calls": ncall,
        }

    def _minimized(self, optimizer: str, ncall: int | None) -> Minuit:
        return self._take(_engine.minimize(self._function, self._described(), optimizer=optimizer, **self._keywords(ncall)))

    def _take(self, minimum: _engine.Minimum) -> Minuit:
        found = minimum.to_dict()
        self._minimum = minimum
        self._values = [float(value) for value in found["values"]]
        self._errors = [float(error) for error in found["errors"]]
        self._nfcn += found["ncalls"]
        self._fmin = FMin.of(found, self._nfcn)
        self._covariance = None
        if found["covariance"] is not None:
            whole = np.zeros((self.npar, self.npar))
            whole[np.ix_(found["free"], found["free"])] = found["covariance"]
            self._covariance = Matrix.of(whole, self._names)
        self._merrors = {}
        return self

    def _at_minimum(self, method: str) -> _engine.Minimum:
        if self._minimum is None or self._covariance is None:
            self.migrad()
        if self._minimum is None or self._covariance is None:
            raise _engine.RoiFitError(f"{method}: there is no minimum with a covariance: {self._fmin.message if self._fmin else ''}")
        return self._minimum

    def _curve(self, vname: int | str, size: int, bound: Any, subtract_min: bool, is_minimized: bool) -> tuple[Any, Any, Any]:
        minimum = self._at_minimum("profile")
        keywords = {key: value for key, value in self._keywords(None).items() if key != "errordef"}
        at = position(self._names, vname)
        if np.ndim(bound) == 0:
            found = minimum.profile(self._function, at, None, size, float(bound), is_minimized, **keywords)
        else:
            values = [float(value) for value in np.linspace(bound[0], bound[1], size)]
            found = minimum.profile(self._function, at, values, size, 2.0, is_minimized, **keywords)
        height = found["fval"] - (np.nanmin(found["fval"]) if subtract_min else 0.0)
        return found["x"], height, found["is_minimum"]

    def __repr__(self) -> str:
        head = "no minimum yet" if self._fmin is None else str(self._fmin)
        return "\n".join([head, *(str(param) for param in self.params)])


def _level(cl: float) -> float:
    """A confidence level; 1 or more are standard deviations."""
    return math.erf(cl / math.sqrt(2.0)) if cl >= 1.0 else float(cl)


def _names_of(fcn: Callable[..., Any], count: int) -> list[str]:
    """Names of the parameters of a function, as many as are given."""
    try:
        known = inspect.signature(fcn).parameters.values()
    except (TypeError, ValueError):
        return [f"x{i}" for i in range(count)]
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [parameter.name for parameter in known if parameter.kind in plain]
    return names[:count] if len(names) >= count else [f"x{i}" for i in range(count)]


def _started(names: Sequence[str], args: Sequence[float], kwargs: dict[str, float]) -> list[float]:
    """Start values in the order of the names."""
    values = dict(zip(names, (float(value) for value in args), strict=False))
    for name, value in kwargs.items():
        if name not in names or name in values:
            raise _engine.OptionError(f"'{name}' is no parameter that lacks a start value; there are {', '.join(names)}")
        values[name] = float(value)
    missing = [name for name in names if name not in values]
    if missing:
        raise _engine.OptionError(f"start values are missing: {', '.join(missing)}")
    return [values[name] for name in names]
