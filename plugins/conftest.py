"""Fixtures of the operators' tests: those of the shipped pytest plugin."""

from __future__ import annotations

pytest_plugins = ["mypage.testing.plugin"]
