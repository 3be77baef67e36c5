"""Fixtures of all tests; the shipped plugin for plugin authors is the same one."""

pytest_plugins = ["mypage.testing.plugin"]
