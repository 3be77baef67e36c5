from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mypage.lib.tabular import (
    BLANKS,
    FORMULA_STARTS,
    Cell,
    CsvEncoding,
    CsvStream,
    content_disposition,
    guarded,
    safe_filename,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def read(stream: CsvStream) -> list[list[str]]:
    data = b"".join(stream)
    encoding = "utf-8-sig" if stream.encoding is CsvEncoding.UTF8 else "cp932"
    return list(csv.reader(io.StringIO(data.decode(encoding), newline="")))


@given(st.lists(st.tuples(texts, texts, st.integers(-(10**12), 10**12)), max_size=20))
def test_what_is_written_can_be_read_again(rows: list[tuple[str, str, int]]) -> None:
    stream = CsvStream(["お名前", "備考", "金額"], rows)
    expected = [[guarded(name), guarded(note), str(amount)] for name, note, amount in rows]
    assert read(stream) == [["お名前", "備考", "金額"], *expected]
    assert stream.replaced == 0


@given(st.text(max_size=20), st.sampled_from(CsvEncoding))
def test_no_text_becomes_a_formula(text: str, encoding: CsvEncoding) -> None:
    [_, [cell]] = read(CsvStream(["x"], [[text]], encoding=encoding))
    assert cell.lstrip(BLANKS)[:1] not in FORMULA_STARTS or re.fullmatch("-[0-9]+", cell)


def test_blanks_hide_no_formula() -> None:
    for blanks in (*BLANKS, "  ", " \u3000\t"):
        assert guarded(f"{blanks}=1+1") == f"'{blanks}=1+1"
        assert guarded(f"{blanks}x=1") == f"{blanks}x=1" or "\t" in blanks
        assert guarded(blanks) == blanks or "\t" in blanks


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "−"])
@pytest.mark.parametrize("encoding", CsvEncoding)
def test_each_start_of_a_formula_gets_an_apostrophe(start: str, encoding: CsvEncoding) -> None:
    [[header], [cell]] = read(CsvStream([f"{start}h"], [[f'{start}cmd|"/c calc"!A1']], encoding=encoding))
    assert header.startswith("'")
    assert cell.startswith("'")


def test_negative_numbers_stay_numbers() -> None:
    rows: list[list[Cell]] = [[-500, "-500", "-500+1", "090-1234"]]
    assert read(CsvStream(list("abcd"), rows))[1] == ["-500", "-500", "'-500+1", "090-1234"]


def test_the_bytes_are_what_a_spreadsheet_expects() -> None:
    rows: list[list[Cell]] = [['言"う, 「はい」', date(2026, 11, 27)], [None, datetime(2026, 11, 1, 9, 30, tzinfo=UTC)]]
    data = b"".join(CsvStream(["品名", "日付"], rows))
    assert data == ('\ufeff品名,日付\r\n"言""う, 「はい」",2026-11-27\r\n,2026-11-01 09:30:00+00:00\r\n'.encode())


def test_cp932_keeps_what_it_can_and_counts_the_rest() -> None:
    stream = CsvStream(["x"], [["髙﨑①㈱〜−—"], ["か\u3099す😀𠮟"], ["葛\U000e0100城"]], encoding=CsvEncoding.CP932)
    data = b"".join(stream)
    assert data.decode("cp932").splitlines() == ["x", "髙﨑①㈱～－―", "がす〓〓", "葛城"]
    assert stream.replaced == 3
    assert not data.startswith(b"\xef\xbb\xbf")
    assert stream.media_type == "text/csv; charset=Shift_JIS"


def test_half_a_surrogate_does_not_stop_the_download() -> None:
    stream = CsvStream(["x"], [["a\ud800b"]])
    assert read(stream) == [["x"], ["a〓b"]]
    assert stream.replaced == 1


def test_a_long_table_comes_in_pieces_while_its_rows_are_made() -> None:
    made = 0

    def rows() -> Iterator[list[Cell]]:
        nonlocal made
        for number in range(20_000):
            made += 1
            yield [number, "明細" * 5]

    chunks = iter(CsvStream(["n", "t"], rows()))
    next(chunks)
    next(chunks)
    assert 0 < made < 20_000
    assert sum(chunk.count(b"\r\n") for chunk in chunks) + made >= 20_000


def test_a_row_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="header of 2"):
        b"".join(CsvStream(["a", "b"], [["only one"]]))


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("請求書 2026-11.pdf", "請求書 2026-11.pdf"),
        ("a\r\nSet-Cookie: x.csv", "aSet-Cookie_ x.csv"),
        ("con.csv", "_con.csv"),
        ("...", "download"),
        ("", "download"),
        ("gnp\u202efdp.exe", "gnpfdp.exe"),
        ("end. .", "end"),
    ],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_filename(name) == safe


def test_a_long_name_keeps_its_extension() -> None:
    name = safe_filename("明" * 300 + ".csv")
    assert name.endswith("明.csv")
    assert len(name.encode()) <= 200


@given(st.text(max_size=300))
def test_any_name_gives_a_safe_header(name: str) -> None:
    header = content_disposition(name)
    assert header.isascii()
    assert header.isprintable()
    found = re.fullmatch(r"""attachment; filename="([^"\\%]+)"(?:; filename\*=UTF-8''([\w.~%-]+))?""", header)
    assert found
    assert unquote(found[2] or found[1]) == safe_filename(name)
    assert len(safe_filename(name).encode()) <= 200
    assert safe_filename(safe_filename(name)) == safe_filename(name)


def test_the_header_for_people_and_for_old_clients() -> None:
    assert content_disposition("bill-2026-11.csv") == 'attachment; filename="bill-2026-11.csv"'
    assert content_disposition("明細 11月.csv", inline=True) == (
        "inline; filename=\"__ 11_.csv\"; filename*=UTF-8''%E6%98%8E%E7%B4%B0%2011%E6%9C%88.csv"
    )
