"""Passwords from a list of thefts are refused wherever a new one is chosen; a bad list stops the start in one line."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from pathlib import Path

import pytest

from mypage.auth.breached import BadListError, BreachedPasswords
from mypage.auth.passwords import Guessable, broken, check
from mypage.hooks.passwords import PasswordPolicy
from mypage.i18n import Catalogue


def a_list(file: Path, passwords: list[str], *, ending: str = "\n") -> Path:
    hashes = sorted(hashlib.sha1(p.encode("utf-8", "surrogatepass")).hexdigest().upper() for p in passwords)
    chance = random.Random(7)
    file.write_text("\n".join(f"{h}:{chance.randint(1, 10 ** chance.randint(1, 9))}" for h in hashes) + ending)
    return file


@pytest.mark.parametrize("size", [1, 2, 3, 10, 1000])
@pytest.mark.parametrize("ending", ["\n", ""])
def test_every_line_is_found_and_nothing_else(tmp_path: Path, size: int, ending: str) -> None:
    known = [f"stolen-{n}" for n in range(size)]
    listed = BreachedPasswords(a_list(tmp_path / "list.txt", known, ending=ending))
    assert all(listed.knows(password) for password in known)
    assert not any(listed.knows(f"fresh-{n}") for n in range(size))


def test_any_string_can_be_asked(tmp_path: Path) -> None:
    listed = BreachedPasswords(a_list(tmp_path / "list.txt", ["\ud800", "", "パスワード"]))
    assert listed.knows("\ud800")
    assert listed.knows("")
    assert listed.knows("パスワード")
    assert not listed.knows("パスワード ")


def test_without_a_list_nothing_is_known() -> None:
    assert not BreachedPasswords().knows("password")


@pytest.mark.parametrize(
    "content", ["", "hello\n", "0123:4\n5678:9\n", f"{'F' * 40}:1\n{'0' * 40}:1\n", "a" * 40 + ":1\n"]
)
def test_a_file_of_another_kind_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    file = tmp_path / "list.txt"
    file.write_text(content)
    with pytest.raises(BadListError, match=r"list\.txt: .* or unset the variable") as caught:
        BreachedPasswords(file)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(BadListError, match="/nowhere/list"):
        BreachedPasswords(Path("/nowhere/list"))


def test_a_stolen_password_breaks_the_rule_of_easy_ones(tmp_path: Path) -> None:
    listed = BreachedPasswords(a_list(tmp_path / "list.txt", ["correct horse battery"]))
    policy, english = PasswordPolicy(), Catalogue("en")
    results = check(policy, "correct horse battery", guessable=Guessable((), listed.knows), t=english)
    assert [r.code for r in broken(results)] == ["common"]
    assert not broken(check(policy, "correct horse batterz", guessable=Guessable((), listed.knows), t=english))
    lenient = replace(policy, common=False)
    assert not broken(check(lenient, "correct horse battery", guessable=Guessable((), listed.knows), t=english))
