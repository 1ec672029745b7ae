"""What workers found of time bins: a first line that tells model, options and data apart, and a line a bin."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from .._engine import RoiFitError


def gather(parts: list[str], records: Path) -> str:
    """Puts records of all workers into one file and returns its first line, which tells model, options and data apart."""
    heads = {part.partition("\n")[0] for part in parts}
    if len(heads) != 1:
        raise RoiFitError("workers do not agree about model, options or data; install the same version everywhere, and let them read the same files")
    head = heads.pop()
    # Whole or not there: a kill must not leave half of it.
    written = records.with_name(records.name + ".tmp")
    written.write_text(head + "\n" + "".join(part.partition("\n")[2] for part in parts), encoding="utf-8")
    written.replace(records)
    return head


class Records:
    """What an earlier call wrote of bins."""

    def __init__(self, head: str = "", bins: Mapping[tuple[float, float], str] | None = None) -> None:
        self.head = head
        self.bins = bins or {}

    @classmethod
    def of_file(cls, path: Path) -> Records:
        """Nothing of a file that is not there; a line that is cut short or damaged does not count."""
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return cls()
        bins = {}
        for line in lines[1:]:
            try:
                record = json.loads(line)
                bins[record["tmin"], record["tmax"]] = line
            except (ValueError, TypeError, KeyError):
                continue
        return cls(lines[0] if lines else "", bins)

    def of(self, times: Iterable[tuple[float, float]]) -> str:
        """The records of some bins as a text; workers see from its first line whether they hold."""
        found = [self.bins[begin, end] for begin, end in times if (begin, end) in self.bins]
        return "".join(line + "\n" for line in [self.head, *found]) if found else ""
