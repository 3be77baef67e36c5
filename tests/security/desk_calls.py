"""Services of the console that no request of the ring reaches, called directly: module and function → a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

CALLS: Mapping[str, Callable[[Any], object]] = {}
