"""The optimizers of the engine for functions of Python: `minimize`. For the interface of iminuit see `roifit.minuit`.

What a function raises comes out of the call as it is, and so does Ctrl-C.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from . import _engine
from ._engine import OptionError
from .results import Result, _table

if TYPE_CHECKING:
    from astropy.table import Table

Function = Callable[..., Any]
Bounds = Sequence[tuple[float | None, float | None] | None]


class MinimizeResult(Result):
    """What `minimize` returns.

    Attributes
    ----------
    x, values : array
        Values of all parameters at the minimum.
    errors : array
        Standard deviations; 0 for parameters that are fixed.
    fun, fval : float
        The function there.
    edm : float
        Estimated distance to the minimum, in units of the function.
    success : bool
        Whether a minimum was reached and its covariance is accurate.
    quality : int
        How far the covariance can be trusted, 0 to 3.
    covariance, correlation : array or None
        Of the free parameters, whose positions ``free`` tells.
    message, status, warnings, at_limit, names, ncalls
        How it ended.
    """

    def __init__(self, engine: _engine.Minimum, function: Function, keywords: Mapping[str, Any]) -> None:
        data = engine.to_dict()
        super().__init__({"x": data["values"], "fun": data["fval"], **data})
        self._minimum = engine
        self._function = function
        self._keywords = dict(keywords)

    def index(self, parameter: int | str) -> int:
        """The position of a parameter, of its name or position."""
        return position(self["names"], parameter)

    def minos(self, parameter: int | str, *, rise: float | None = None, cl: float | None = None) -> dict[str, Any]:
        """Asymmetric errors: ``lower`` and ``upper``, each with ``error``, ``crossing``, ``values``, ``fval``.

        Parameters
        ----------
        rise
            In units of the error definition; 1 is one standard deviation.
        cl
            Or the confidence level.
        """
        return self._minimum.minos(self._function, self.index(parameter), rise=rise, cl=cl, **self._keywords)

    def contour(
        self, x: int | str, y: int | str, points: int = 50, *, rise: float | None = None, cl: float | None = None
    ) -> dict[str, Any]:
        """The curve ``x``, ``y`` in the plane of two parameters on which the function, minimised over the others, has risen as asked."""
        return self._minimum.contour(self._function, self.index(x), self.index(y), points, rise=rise, cl=cl, **self._keywords)

    def profile(
        self, parameter: int | str, values: Iterable[float] | None = None, *, points: int = 30, sigmas: float = 2.0, minimize: bool = True
    ) -> dict[str, Any]:
        """The function ``fval`` at values ``x`` of a parameter, minimised over the others or not."""
        at = None if values is None else [float(value) for value in values]
        return self._minimum.profile(self._function, self.index(parameter), at, points, sigmas, minimize, **self._keywords)

    def to_table(self) -> Table:
        """A row a parameter."""
        free = np.zeros(len(self["names"]), dtype=bool)
        free[np.asarray(self["free"], dtype=int)] = True
        return _table({"name": list(self["names"]), "value": self["values"], "error": self["errors"], "free": free})

    def _title(self) -> str:
        return f"minimum {self['fval']:.9g}, quality {self['quality']}, edm {self['edm']:.2g}: {self['message']}"

    def __getstate__(self) -> dict[str, Any]:
        """Numbers alone: neither function nor engine can be sent away."""
        return {"_data": self._data}


def position(names: Sequence[str], parameter: int | str) -> int:
    """The position of a parameter."""
    if isinstance(parameter, str):
        if parameter not in names:
            raise OptionError(f"there is no parameter '{parameter}'; there are {', '.join(names)}")
        return list(names).index(parameter)
    index = int(parameter)
    if not -len(names) <= index < len(names):
        raise OptionError(f"parameter {index}: there are {len(names)}, numbered from 0")
    return index % len(names)


def minimize(
    fcn: Function,
    x0: ArrayLike | Mapping[str, float],
    *,
    args: tuple[Any, ...] = (),
    names: Sequence[str] | None = None,
    bounds: Bounds | None = None,
    fixed: Iterable[int | str] = (),
    steps: Sequence[float | None] | None = None,
    errordef: float = 0.5,
    optimizer: str = "MINUIT",
    grad: Function | None = None,
    hess: Function | None = None,
    start: MinimizeResult | None = None,
    **options: Any,
) -> MinimizeResult:
    """Minimises a function within bounds, with error analysis.

    Parameters
    ----------
    fcn
        Called with an array of all parameters (and ``args``), returns a number. Where it is not finite the optimizer steps back.
    x0
        Where to start: numbers, or a dictionary of names and numbers.
    bounds
        A pair a parameter; ``None`` does not bind.
    fixed
        Names or positions of parameters that stay.
    steps
        First steps: guesses of the errors.
    errordef
        The rise that marks one standard deviation: 0.5 for -log likelihood, 1 for chi square.
    optimizer
        One of `optimizers`: MINUIT, NEWMINUIT, NEWTON, LM, LBFGS, DRMNGB, DRMNFB, SIMPLEX.
    grad, hess
        First and second derivatives; what is missing is found by differences.
    start
        An earlier result, whose values, errors and covariance are the start.
    **options
        ``tol``, ``max_calls``, ``max_iterations``, ``time_limit`` (s), ``strategy`` (0, 1, 2), ``init_damping``, ``precision`` (relative noise of the function),
        ``progress`` (called with a dictionary an iteration; what it raises ends the work).

    Returns
    -------
    MinimizeResult
        The best point that was found; ``success`` tells whether it is a minimum.

    Examples
    --------
    >>> result = minimize(lambda x: (x[0] - 1.0) ** 2 + 10.0 * (x[1] - x[0]) ** 2, [3.0, 0.0], errordef=1.0)
    >>> bool(abs(result.x - 1.0).max() < 0.01)
    True
    """
    if start is not None and not hasattr(start, "_minimum"):
        raise OptionError("start: expected what minimize returned in this process; copies that were sent away have numbers alone")
    if isinstance(x0, Mapping):
        names, values = list(x0), [float(value) for value in x0.values()]
    else:
        given = np.atleast_1d(np.asarray(x0, dtype=float))
        if given.ndim != 1:
            raise OptionError(f"x0: expected a list of numbers, found an array of shape {given.shape}")
        values = [float(value) for value in given]
        names = [f"x{i}" for i in range(len(values))] if names is None else list(names)
    described = parameters(names, values, steps, bounds, fixed)
    function = bound(fcn, args)
    derivatives: dict[str, Any] = {"grad": bound(grad, args), "hess": bound(hess, args)}
    engine = _engine.minimize(
        function,
        described,
        errordef=errordef,
        optimizer=optimizer,
        start=None if start is None else start._minimum,
        **derivatives,
        **options,
    )
    kept: dict[str, Any] = {key: options[key] for key in ("precision", "max_calls", "max_iterations") if key in options}
    return MinimizeResult(engine, function, {**derivatives, **kept})


def bound(function: Function | None, args: tuple[Any, ...]) -> Any:
    """A function of the array alone."""
    if function is None or not args:
        return function
    return lambda x: function(x, *args)


def parameters(
    names: Sequence[str],
    values: Sequence[float],
    steps: Sequence[float | None] | None,
    bounds: Bounds | None,
    fixed: Iterable[int | str],
) -> list[tuple[str, float, float | None, float | None, float | None, bool]]:
    """Parameters as the engine takes them."""
    for what, given in (("names", names), ("steps", steps), ("bounds", bounds)):
        if given is not None and len(given) != len(values):
            raise OptionError(f"{what}: {len(given)} of them for {len(values)} parameters")
    held = {position(names, one) for one in fixed}
    described = []
    for at, value in enumerate(values):
        pair = None if bounds is None else bounds[at]
        low, high = (None, None) if pair is None else pair
        step = None if steps is None else steps[at]
        described.append((str(names[at]), value, step, low, high, at in held))
    return described
