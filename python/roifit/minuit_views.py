"""What `roifit.minuit.Minuit` shows of its parameters and of its minimum."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .minimizing import position

if TYPE_CHECKING:
    from .minuit import Minuit


class View:
    """A quantity a parameter, by name, position or slice."""

    def __init__(self, minuit: Minuit) -> None:
        self._minuit = minuit

    def _all(self) -> list[Any]:
        raise NotImplementedError

    def _put(self, at: int, value: Any) -> None:
        raise NotImplementedError

    def _change(self, kept: list[Any], at: int, value: Any) -> None:
        """Sets what the problem consists of; what was found of another problem is not known any more."""
        if kept[at] != value:
            kept[at] = value
            self._minuit._forget()

    def _places(self, key: Any) -> list[int]:
        names = self._minuit._names
        if isinstance(key, slice):
            # Ends of a slice may be names.
            start, stop = (position(names, end) if isinstance(end, str) else end for end in (key.start, key.stop))
            return list(range(*slice(start, stop, key.step).indices(len(names))))
        if isinstance(key, list | tuple):
            return [position(names, one) for one in key]
        return [position(names, key)]

    def __getitem__(self, key: Any) -> Any:
        found = [self._all()[at] for at in self._places(key)]
        return found if isinstance(key, slice | list | tuple) else found[0]

    def __setitem__(self, key: Any, value: Any) -> None:
        places = self._places(key)
        many = isinstance(key, slice | list | tuple) and self._is_many(value)
        if many and len(value) != len(places):
            raise ValueError(f"{len(value)} values for {len(places)} parameters")
        for at, one in zip(places, value if many else [value] * len(places), strict=True):
            self._put(at, one)

    def _is_many(self, value: Any) -> bool:
        return np.ndim(value) > 0

    def _set_all(self, new: Any) -> None:
        if isinstance(new, Mapping):
            for name, value in new.items():
                self[name] = value
        else:
            self[:] = new

    def __iter__(self) -> Iterator[Any]:
        return iter(self._all())

    def __len__(self) -> int:
        return self._minuit.npar

    def __eq__(self, other: object) -> bool:
        return bool(np.array_equal(np.asarray(list(self)), np.asarray(list(other)))) if isinstance(other, Sequence | View | np.ndarray) else NotImplemented

    def to_dict(self) -> dict[str, Any]:
        """By names."""
        return dict(zip(self._minuit._names, self._all(), strict=True))

    def __repr__(self) -> str:
        body = " ".join(f"{name}={value}" for name, value in self.to_dict().items())
        return f"<{type(self).__name__} {body}>"


class Values(View):
    """Values."""

    def _all(self) -> list[Any]:
        return self._minuit._values

    def _put(self, at: int, value: Any) -> None:
        self._change(self._minuit._values, at, float(value))


class Errors(View):
    """Errors; what is set is the first step of the next minimisation."""

    def _all(self) -> list[Any]:
        return self._minuit._errors

    def _put(self, at: int, value: Any) -> None:
        self._minuit._errors[at] = float(value)
        self._minuit._steps[at] = float(value) if value > 0.0 else None


class Limits(View):
    """Limits, a pair each."""

    def _all(self) -> list[Any]:
        return self._minuit._limits

    def _put(self, at: int, value: Any) -> None:
        low, high = (None, None) if value is None else value
        pair = (-math.inf if low is None else float(low), math.inf if high is None else float(high))
        if not pair[0] < pair[1]:
            raise ValueError(f"limits {pair} are empty; the lower one must lie below the upper one")
        self._change(self._minuit._limits, at, pair)
        self._change(self._minuit._values, at, min(max(self._minuit._values[at], pair[0]), pair[1]))

    def _is_many(self, value: Any) -> bool:
        # Two ends, each a number or None, are one pair.
        return value is not None and not (len(value) == 2 and all(np.ndim(end) == 0 for end in value))


class Fixed(View):
    """Whether parameters are fixed."""

    def _all(self) -> list[Any]:
        return self._minuit._fixed

    def _put(self, at: int, value: Any) -> None:
        self._change(self._minuit._fixed, at, bool(value))


class Matrix(NDArray[np.float64] if TYPE_CHECKING else np.ndarray):  # type: ignore[misc]
    """A matrix whose rows and columns have names."""

    names: list[str]

    @classmethod
    def of(cls, values: NDArray[np.float64], names: Sequence[str]) -> Matrix:
        """Numbers with names."""
        matrix: Matrix = np.asarray(values).view(cls)  # type: ignore[assignment]
        matrix.names = list(names)
        return matrix

    def __array_finalize__(self, other: Any) -> None:
        self.names = list(getattr(other, "names", []))

    def __getitem__(self, key: Any) -> Any:
        keys = key if isinstance(key, tuple) else (key,)
        keys = tuple(position(self.names, one) if isinstance(one, str) else one for one in keys)
        found = np.asarray(super().__getitem__(keys))
        return float(found) if found.ndim == 0 else found

    def correlation(self) -> Matrix:
        """The matrix divided by errors on both sides; 0 where there is none."""
        plain = np.asarray(self)
        errors = np.sqrt(np.diag(plain))
        scale = np.outer(errors, errors)
        found = np.divide(plain, scale, out=np.zeros_like(plain), where=scale > 0.0)
        return Matrix.of(found, self.names)


@dataclass(frozen=True)
class FMin:
    """What is known of a minimum."""

    fval: float
    edm: float
    errordef: float
    nfcn: int
    message: str
    quality: int
    is_valid: bool
    has_covariance: bool
    has_accurate_covar: bool
    has_posdef_covar: bool
    has_made_posdef_covar: bool
    has_parameters_at_limit: bool
    has_reached_call_limit: bool
    is_above_max_edm: bool
    hesse_failed: bool

    @classmethod
    def of(cls, found: Mapping[str, Any], nfcn: int) -> FMin:
        """From what the engine found."""
        quality, flags = found["quality"], found["flags"]
        return cls(
            fval=found["fval"],
            edm=found["edm"],
            errordef=found["errordef"],
            nfcn=nfcn,
            message=found["message"],
            quality=quality,
            is_valid=not flags["is_edm_above_goal"] and not flags["has_reached_limit"],
            has_covariance=found["covariance"] is not None,
            has_accurate_covar=quality == 3,
            has_posdef_covar=quality == 3,
            has_made_posdef_covar=bool(flags["is_forced_positive_definite"]),
            has_parameters_at_limit=bool(flags["has_parameters_at_limit"]),
            has_reached_call_limit=bool(flags["has_reached_limit"]),
            is_above_max_edm=bool(flags["is_edm_above_goal"]),
            hesse_failed=found["covariance"] is None,
        )

    def __str__(self) -> str:
        return f"fval {self.fval:.9g}, edm {self.edm:.2g}, quality {self.quality}, {self.nfcn} calls: {self.message}"


@dataclass(frozen=True)
class MError:
    """Asymmetric errors of a parameter."""

    number: int
    name: str
    min: float
    lower: float
    upper: float
    is_valid: bool
    lower_valid: bool
    upper_valid: bool
    at_lower_limit: bool
    at_upper_limit: bool
    lower_new_min: bool
    upper_new_min: bool

    @classmethod
    def of(cls, number: int, name: str, value: float, found: Mapping[str, Any]) -> MError:
        """From what the engine found."""
        sides = [found[side] for side in ("lower", "upper")]
        ways = [side["crossing"] for side in sides]
        return cls(
            number,
            name,
            value,
            sides[0]["error"],
            sides[1]["error"],
            bool(found["is_valid"]),
            *(way == "Found" for way in ways),
            *(way == "AtLimit" for way in ways),
            *(way == "NewMinimum" for way in ways),
        )


@dataclass(frozen=True)
class Param:
    """A parameter."""

    number: int
    name: str
    value: float
    error: float
    merror: MError | None
    is_fixed: bool
    limits: tuple[float, float]

    @property
    def has_limits(self) -> bool:
        """Whether a limit binds."""
        return any(math.isfinite(end) for end in self.limits)

    def __str__(self) -> str:
        sides = "" if self.merror is None else f" (+{self.merror.upper:.4g} {self.merror.lower:.4g})"
        held = " fixed" if self.is_fixed else ""
        return f"{self.number:3d} {self.name:<16} {self.value:14.6g} +/- {self.error:.4g}{sides}{held}"
