"""The scaffold of a new operator compiles and passes its own tests from the first minute."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "new_plugin.py"


def new_plugin(name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), name, "--folder", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_new_plugin_passes_its_tests(tmp_path: Path, admin_url: str) -> None:
    made = new_plugin("umi", tmp_path)
    assert made.returncode == 0, made.stderr
    plugin = tmp_path / "umi"
    for path in plugin.rglob("*"):
        assert "newop" not in path.name
        if path.is_file():
            assert "newop" not in path.read_text(encoding="utf-8").lower()
    environment = os.environ | {"PYTHONPATH": str(plugin), "MYPAGE_TEST_ADMIN_URL": admin_url}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(plugin)]
    command += ["-o", "markers=req(*ids): requirements", "--strict-markers", str(plugin / "tests")]
    ran = subprocess.run(command, cwd=plugin, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-1000:]
    assert "4 passed" in ran.stdout


@pytest.mark.parametrize("name", ["", "A", "Umi", "1umi", "u-mi", "../umi", "newop", "u" * 21])
def test_a_name_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    refused = new_plugin(name, tmp_path)
    assert refused.returncode == 1
    assert "cannot be a plugin's name" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "umi").mkdir()
    refused = new_plugin("umi", tmp_path)
    assert refused.returncode == 1
    assert "exists already" in refused.stderr
    assert list((tmp_path / "umi").iterdir()) == []
