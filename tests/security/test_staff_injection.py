"""Texts of customers and of staff stay texts at every desk of the console, and in its files (T22 for staff)."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable

import pytest
from attackkit import Oracle, Seen, run_all
from desk_recipes import desk_routes, field_names, form_of, path_for
from desk_world import DeskWorld, make_world
from injection_judge import foreign_parts
from injection_kit import FORMULAS, MARK, OF_STAFF, PAYLOADS, chunks, infect
from ring_filling import words_of

from mypage.db.schema import metadata
from mypage.testing.portal import Portal

NIGHT = int(os.environ.get("MYPAGE_RING_SIZE", "1")) > 1
FORMULA = re.compile(r"\s*[=+@＝＋＠-](?![\d.,:-]*$)|[\s]*－")
"""What a spreadsheet would reckon; numbers and dashes alone are not meant."""
_ALL = 'UPDATE "{table}" SET "{column}" = %s WHERE tenant_id = %s'


@pytest.fixture
def world(place: Callable[..., Portal], oracle: Oracle) -> DeskWorld:
    return make_world(place, oracle, "home")


def judge(seen: Seen, where: object) -> None:
    """No text has become anything else."""
    assert seen.status < 500, (where, seen.status)
    if seen.header("content-type").startswith("text/html"):
        assert not foreign_parts(seen.body), (where, foreign_parts(seen.body))
    assert not re.search(r"xq\W?49\W?qx", seen.text), where
    assert not any(MARK in f"{name}{value}" for name, value in seen.headers if name != "location"), where


def soil(oracle: Oracle, tenant: str, texts: tuple[str, ...]) -> None:
    """Hostile texts into all that customers and staff have written."""
    infect(oracle.change, tenant, texts)
    soil_staff(oracle, tenant, texts)


def soil_staff(oracle: Oracle, tenant: str, texts: tuple[str, ...]) -> None:
    """Only what staff have written."""
    for number, (table, columns) in enumerate(OF_STAFF.items()):
        closed = words_of(metadata().tables[table])
        for place, column in enumerate(columns):
            if column not in closed:
                text = texts[(number * 3 + place) % len(texts)]
                oracle.change(_ALL.format(table=table, column=column), f"{text} {place}", tenant)
    text = texts[0]
    oracle.change(
        "UPDATE audit_entry SET before = jsonb_build_object('email', %s::text, 'name', %s::text), "
        "after = jsonb_build_object('reason', %s::text, 'subject', %s::text, 'title', %s::text) WHERE tenant_id = %s",
        text, text, text, text, text, tenant,
    )  # fmt: skip


def test_no_page_of_the_console_takes_a_text_for_markup(
    world: DeskWorld, oracle: Oracle, figure: Callable[[str], None]
) -> None:
    own = world.victims["home"]
    mine = world.at_home("manager")
    pages = [path_for(route, own) for route in desk_routes("GET")]
    loads = chunks() if NIGHT else chunks()[::3]
    views = shown = 0
    for number, chunk in enumerate(loads):
        soil(oracle, own.portal.name, chunk)
        mine.cookies[f"__Host-mp-{world.office.name}-language"] = ("ja", "en")[number % 2]
        for path, seen in zip(
            pages, run_all(world.office, [lambda p=p: mine.send("GET", p) for p in pages]), strict=True
        ):
            judge(seen, (path, chunk[0]))
            views += 1
            shown += seen.text.count(MARK)
    figure(
        f"T22 staff: {len(PAYLOADS) if NIGHT else sum(map(len, loads))} payloads, {views} views of {len(pages)} pages, "
        f"{shown:,} shown as text, 0 taken for markup"
    )
    assert shown > 20 * len(loads)


def test_what_is_typed_into_forms_of_staff_comes_back_as_text(
    world: DeskWorld, oracle: Oracle, figure: Callable[[str], None]
) -> None:
    own = world.victims["home"]
    mine = world.at_home("manager")
    chosen = PAYLOADS if NIGHT else PAYLOADS[::48]
    answers = 0
    for payload in chosen:
        plans = []
        for route in desk_routes("POST"):
            every = dict.fromkeys(field_names(), payload)
            some = form_of(own) | dict.fromkeys(("reason", "body", "note", "q", "title", "why", "description"), payload)
            plans += [(route, form) for form in (every, some)]
        found = run_all(world.office, [lambda r=r, f=f: mine.send("POST", path_for(r, own), form=f) for r, f in plans])
        for (route, _), seen in zip(plans, found, strict=True):
            judge(seen, (route.path, payload))
            answers += 1
    figure(f"T22 staff: {len(chosen)} payloads typed into {len(desk_routes('POST'))} forms, {answers} answers, 0 taken")


def test_no_cell_of_a_file_of_the_console_begins_a_formula(
    world: DeskWorld, oracle: Oracle, figure: Callable[[str], None]
) -> None:
    own = world.victims["home"]
    mine = world.at_home("manager")
    files = [path_for(r, own) for r in desk_routes("GET") if "export" in r.name]
    cells = 0
    for text in FORMULAS if NIGHT else FORMULAS[::4]:
        soil_staff(oracle, own.portal.name, (text,))
        for column in ("name", "kana", "address"):
            oracle.change(_ALL.format(table="customer", column=column), text, own.portal.name)
        paths = [path + query for path in files for query in ("", "?encoding=cp932")]
        for path, seen in zip(
            paths, run_all(world.office, [lambda p=p: mine.send("GET", p) for p in paths]), strict=True
        ):
            judge(seen, (path, text))
            for row in (
                csv.reader(io.StringIO(seen.text.removeprefix("\ufeff")))
                if "csv" in seen.header("content-type")
                else ()
            ):
                assert not [cell for cell in row if FORMULA.match(cell)], (path, text, row)
                cells += sum(MARK in cell for cell in row)
    figure(f"T22 staff: {cells} cells with formulas in {len(files)} kinds of files, 0 of them one")
    assert files
    assert cells >= 10
