"""What fermipy has and is not here: a clear refusal that names another way."""

from __future__ import annotations

from typing import Any, NoReturn

from .core import Core

# Another way for each method that is not there.
ELSEWHERE = {
    "make_template": "name a template file in the XML",
}


class Missing(Core):
    """Refusals, and what there is nothing to do for: there is no scratch directory."""

    def cleanup(self) -> None:
        """Nothing: there is no scratch directory."""

    def delete_workdir(self) -> None:
        """Nothing: there is no scratch directory."""

    def stage_input(self) -> None:
        """Nothing: there is no scratch directory."""

    def stage_output(self) -> None:
        """Nothing: there is no scratch directory."""

    def __getattr__(self, name: str) -> Any:
        if name in ELSEWHERE:
            message = f"GTAnalysis.{name} is not here; {ELSEWHERE[name]}"

            def refuse(*_: Any, **__: Any) -> NoReturn:
                raise NotImplementedError(message)

            return refuse
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
