"""How a plugin marks its hook implementations, and how the core marks its specifications."""

from __future__ import annotations

import pluggy

PROJECT = "mypage"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
