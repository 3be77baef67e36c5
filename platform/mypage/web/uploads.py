"""A form with text files in it, for the few routes that take them. A file's text is the value of its field.

Files are read, never kept: what they hold is shown in the page as if it had been typed.
"""

from __future__ import annotations

from io import BytesIO

from multipart import MultipartError, MultipartParser, parse_options_header

from mypage.web.formdata import MAX_FIELDS, BadForm, FormData, parse_form

MULTIPART = "multipart/form-data"
_LONGEST_BOUNDARY = 70
_CHARSETS = ("utf-8-sig", "cp932")
"""What lists are saved as: as most programs do, and as a spreadsheet in Japan does."""


def parse_upload(body: bytes, content_type: str) -> FormData:
    """Read `multipart/form-data`, or a plain form as everywhere. Raises BadForm.

    The body is all in memory and its size was limited before.
    """
    kind, options = parse_options_header(content_type)
    if kind.lower() != MULTIPART:
        return parse_form(body, content_type)
    boundary = options.get("boundary", "")
    if not 0 < len(boundary) <= _LONGEST_BOUNDARY or not boundary.isascii():
        raise BadForm("no boundary between the parts")
    parser = MultipartParser(
        BytesIO(body), boundary, content_length=len(body), strict=True, part_limit=MAX_FIELDS,
        memory_limit=len(body) + 1, spool_limit=len(body) + 1,
    )  # fmt: skip
    try:
        return FormData([(part.name, _text(part.raw)) for part in parser.parts()])
    except (MultipartError, UnicodeError, ValueError) as error:
        raise BadForm(str(error)) from error


def _text(raw: bytes) -> str:
    for charset in _CHARSETS:
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")
