"""A form with files in it, for the few routes that take them.

Of text files the text is the value of the field, as if it had been typed. Other files stay bytes, and the handler says
what becomes of them; a part is one when it has a file name.
"""

from __future__ import annotations

from io import BytesIO

from multipart import MultipartError, MultipartParser, MultipartPart, parse_options_header

from mypage.web.formdata import MAX_FIELDS, BadForm, FormData, Upload, parse_form

MULTIPART = "multipart/form-data"
_LONGEST_BOUNDARY = 70
_CHARSETS = ("utf-8-sig", "cp932")
"""What lists are saved as: as most programs do, and as a spreadsheet in Japan does."""


def parse_upload(body: bytes, content_type: str) -> FormData:
    """Read `multipart/form-data` with text files, or a plain form as everywhere. Raises BadForm.

    The body is all in memory and its size was limited before.
    """
    parts = _parts(body, content_type)
    if parts is None:
        return parse_form(body, content_type)
    return FormData([(part.name, _text(part.raw)) for part in parts])


def parse_files(body: bytes, content_type: str) -> FormData:
    """As `parse_upload`, for files of any kind: they are in `files`, and the texts of other parts are UTF-8."""
    parts = _parts(body, content_type)
    if parts is None:
        return parse_form(body, content_type)
    files: dict[str, list[Upload]] = {}
    for part in parts:
        if part.filename:
            files.setdefault(part.name, []).append(Upload(part.filename, part.raw))
    return FormData([(p.name, p.raw.decode("utf-8", "replace")) for p in parts if p.filename is None], files)


def _parts(body: bytes, content_type: str) -> list[MultipartPart] | None:
    """The parts; None for what is no form of parts. Raises BadForm."""
    kind, options = parse_options_header(content_type)
    if kind.lower() != MULTIPART:
        return None
    boundary = options.get("boundary", "")
    if not 0 < len(boundary) <= _LONGEST_BOUNDARY or not boundary.isascii():
        raise BadForm("no boundary between the parts")
    parser = MultipartParser(
        BytesIO(body), boundary, content_length=len(body), strict=True, part_limit=MAX_FIELDS,
        memory_limit=len(body) + 1, spool_limit=len(body) + 1,
    )  # fmt: skip
    try:
        return list(parser.parts())
    except (MultipartError, UnicodeError, ValueError) as error:
        raise BadForm(str(error)) from error


def _text(raw: bytes) -> str:
    for charset in _CHARSETS:
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")
