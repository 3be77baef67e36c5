"""A theme that cannot be used is refused at start with one line naming theme, value and remedy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mypage.operators.themes import ThemeError, check_contrast, load_theme, load_themes

THEMES = Path(__file__).parents[2] / "themes"


@pytest.fixture
def theme(tmp_path: Path) -> Path:
    """A copy of the reference theme to spoil."""
    return Path(shutil.copytree(THEMES / "plain", tmp_path / "shore"))


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def refused(folder: Path) -> str:
    with pytest.raises(ThemeError) as caught:
        load_theme(folder)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("theme shore: ")
    return str(caught.value)


def test_shipped_themes_hold() -> None:
    assert {"plain", "actv"} <= set(load_themes([THEMES]))


def test_a_pale_text_is_refused_with_the_pair(theme: Path) -> None:
    spoil(theme / "static" / "theme.css", "--header-stripe: 0.25rem;", "--c-action: #8fb3ff;")
    message = refused(theme)
    assert "--c-action-ink on --c-action has a contrast of 2." in message
    assert message.endswith("to at least 4.5:1")


def test_a_pale_shape_is_refused() -> None:
    with pytest.raises(ThemeError, match=r"theme shore: --c-line-strong on .* at least 3.0:1"):
        check_contrast("shore", ":root { --c-line-strong: #dddddd; }")


def test_contrast_is_judged_at_the_limit() -> None:
    check_contrast("shore", ":root { --c-action: #767676; --c-action-hover: #767676; }")  # 4.54:1 on white
    with pytest.raises(ThemeError, match=r"4\.48:1"):
        check_contrast("shore", ":root { --c-action: #777777; }")


@pytest.mark.parametrize("value", ["rebeccapurple", "rgb(0 0 0)", "var(--c-nothing)", "var(--c-action)"])
def test_a_colour_that_cannot_be_judged_is_refused(value: str) -> None:
    with pytest.raises(ThemeError, match=r"theme shore: .*--c-action"):
        check_contrast("shore", f":root {{ --c-action: {value}; }}")


@pytest.mark.parametrize("name", ["logo.svg", "favicon.svg", "theme.css"])
def test_a_missing_file_is_named(theme: Path, name: str) -> None:
    (theme / "static" / name).unlink()
    assert f"{name} does not exist; add the file or correct theme.toml" in refused(theme)


def test_a_missing_theme_is_named(tmp_path: Path) -> None:
    (tmp_path / "shore").mkdir()
    assert refused(tmp_path / "shore").endswith("does not exist; name an existing theme")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[logo]", "[lgo]", "KeyError 'logo'"),
        ("width = 137", 'width = "wide"', "ValueError"),
        ("[files]", "[files", "TOMLDecodeError"),
    ],
)
def test_a_broken_description_is_named(theme: Path, old: str, new: str, said: str) -> None:
    spoil(theme / "theme.toml", old, new)
    message = refused(theme)
    assert "theme.toml" in message
    assert said in message
    assert message.endswith("see themes/plain")


def test_a_later_folder_replaces_a_theme(theme: Path) -> None:
    theme.rename(theme.parent / "plain")
    assert load_themes([THEMES, theme.parent])["plain"].folder == theme.parent / "plain"


def test_mail_colours_equal_the_sheet() -> None:
    from mypage.lib.contrast import custom_properties, resolve

    tokens = (Path(__file__).parents[2] / "platform/mypage/static/css/tokens.css").read_text(encoding="utf-8")
    for theme in load_themes([THEMES]).values():
        sheet = (theme.static / theme.css).read_text(encoding="utf-8")
        properties = custom_properties(tokens) | custom_properties(sheet)
        for name, token in (("action", "--c-action"), ("action_ink", "--c-action-ink"), ("ground", "--c-bg")):
            assert theme.colours[name] == resolve(token, properties), (theme.name, name)


def test_a_misspelt_property_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(ThemeError, match=r"no property --c-actoin; did you mean --c-action\?"):
        check_contrast("mine", ":root { --c-actoin: #1f6b3a; }")


DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{}</svg>'


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("<script>alert(1)</script>", "<script>"),
        ("<foreignObject/>", "<foreignObject>"),
        ('<path onload="alert(1)" d="M0 0"/>', "the handler onload"),
        ('<use xlink:href="https://evil.example/x.svg#a"/>', "a link to 'https://evil"),
        ('<use href="data:image/svg+xml;base64,AA"/>', "a link to 'data:"),
        ('<rect fill="url(https://evil.example/a)"/>', "fill="),
        ('<rect style="fill: u\\72l(https://evil.example/a)"/>', "style="),
        ("<style>@import url(//evil.example)</style>", "<style>"),
        ('<animate attributeName="href" to="javascript:1"/>', "<animate>"),
        ('<a href="#x"><path d=""/></a>', "<a>"),
        ('<html:img xmlns:html="http://www.w3.org/1999/xhtml" src="x"/>', "<img>"),
    ],
)
def test_a_drawing_that_could_act_is_refused(theme: Path, content: str, named: str) -> None:
    (theme / "static" / "logo.svg").write_text(DRAWING.format(content), encoding="utf-8")
    message = refused(theme)
    assert "logo.svg: " in message
    assert named in message


def test_a_drawing_with_entities_or_broken_is_refused(theme: Path) -> None:
    bomb = '<!DOCTYPE svg [<!ENTITY a "b">]>' + DRAWING.format("&a;")
    (theme / "static" / "logo.svg").write_text(bomb, encoding="utf-8")
    assert "no DOCTYPE" in refused(theme)
    (theme / "static" / "logo.svg").write_text("<svg", encoding="utf-8")
    assert "not well-formed" in refused(theme)


@pytest.mark.parametrize(
    "line",
    [
        "@import '//evil.example/a.css';",
        ".a { background: url(https://evil.example/?x) }",
        ".a { background: URL( '//evil.example' ) }",
        ".a { background: u\\72l(https://evil.example) }",
        "@font-face { font-family: x; src: url(x.woff2) }",
        ".a { background: image-set('https://evil.example' 1x) }",
        ".a { background: url(https://evil.example/unclosed",
        '.a::before { content: "/*"; background: url(https://evil.example); quotes: "*/" "*/" }',
        ".a { background: url(a/*); mask: url(https://evil.example); quotes: '*/' '' }",
        ".a { background: url('a)/*'); mask: url(https://evil.example); quotes: '*/' '' }",
        ".a { background: url(a'b' /*); mask: url(https://evil.example); /**/ }",
    ],
)
def test_a_style_sheet_that_loads_from_elsewhere_is_refused(theme: Path, line: str) -> None:
    style = theme / "static" / "theme.css"
    style.write_text(style.read_text(encoding="utf-8") + line, encoding="utf-8")
    assert "theme.css: " in refused(theme)


def test_what_a_theme_may_draw(theme: Path) -> None:
    style = theme / "static" / "theme.css"
    style.write_text(style.read_text(encoding="utf-8") + "/* @import */ .a { background: url('logo.svg') }", "utf-8")
    drawing = DRAWING.format('<defs><linearGradient id="a"/></defs><g fill="url(#a)"><use href="#a"/></g>')
    (theme / "static" / "logo.svg").write_text(drawing, encoding="utf-8")
    load_theme(theme)


def test_a_theme_brings_no_script(theme: Path) -> None:
    (theme / "static" / "more.js").write_text("1", encoding="utf-8")
    assert "more.js: a theme brings no scripts" in refused(theme)
