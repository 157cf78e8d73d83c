"""A test for each gap: what AWS does, and the emulator without us does not. `check_gaps.py` runs them."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(what: str, look: Callable[[], T | None], seconds: float = 15) -> T:
    """What the look finds, as soon as it finds something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds} s")


def refused(call: Callable[[], object]) -> str:
    """The code of the error that a call is refused with."""
    try:
        answer = call()
    except Exception as error:
        if hasattr(error, "response"):
            return error.response["Error"]["Code"]
        raise
    raise AssertionError(f"it was answered: {answer}")
