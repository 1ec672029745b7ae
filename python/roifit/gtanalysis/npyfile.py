"""Dictionaries in ``.npy`` files, as fermipy writes them: ``np.load(file, allow_pickle=True).flat[0]`` reads ours.

What others wrote is read without running anything that it asks for: only numbers, text, lists, dictionaries and arrays are made of it.
"""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from .._engine import FileError

# All that a dictionary of numbers, text and arrays needs.
HARMLESS = {
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy.core.numeric", "_frombuffer"),
    ("collections", "OrderedDict"),
    ("_codecs", "encode"),
    ("builtins", "complex"),
    ("builtins", "set"),
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in HARMLESS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no dictionary of results needs")


def write_dictionary(path: str | os.PathLike[str], data: dict[str, Any]) -> None:
    """Writes a dictionary; the file appears whole or not at all."""
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(unfinished, "wb") as file:
            np.save(file, np.array(data, dtype=object), allow_pickle=True)
        os.replace(unfinished, path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise FileError(f"{path}: {error.strerror}") from error


def read_dictionary(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Reads a dictionary that fermipy or `write_dictionary` wrote."""
    try:
        with open(path, "rb") as file:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            read(file)
            array = _Reader(file, encoding="latin1").load()
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from error
    except (ValueError, EOFError, pickle.UnpicklingError, AttributeError, ImportError) as error:
        raise FileError(f"{path}: not a dictionary of results: {error}") from error
    data = array.flat[0] if isinstance(array, np.ndarray) else array
    if not isinstance(data, dict):
        raise FileError(f"{path}: expected a dictionary, found {type(data).__name__}")
    return data
