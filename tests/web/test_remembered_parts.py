"""What pages of one shape share is rendered once; what is a person's own never is."""

from __future__ import annotations

from mypage.testing.portal import MakePortal, Portal
from mypage.web.remembering import MOST, Remembered
from portal_rows import add_account, add_person, sign_in


def remembered(portal: Portal) -> dict[tuple[str, object], str]:
    templates = portal.server.kernels["actv"].responder.templates
    found: dict[tuple[str, object], str] = {}
    for environment in templates._environments.values():
        extension = next(e for e in environment.extensions.values() if isinstance(e, Remembered))
        found |= extension.parts
    return found


def test_parts_are_shared_and_hold_nothing_of_a_person(portal: Portal) -> None:
    first = sign_in(portal, add_person(portal, "7000001", name="固有 一郎"))
    second = sign_in(portal, add_person(portal, "7000002", name="固有 二郎"))
    pages = ("/home", "/contract", "/bills", "/credentials", "/sessions")
    own = [first.get(path) for path in pages]
    tokens = {first.csrf}
    count = len(remembered(portal))
    for path, other in zip(pages, own, strict=True):
        answer = second.get(path)
        assert (answer.status, other.status) == (200, 200)
        assert "固有 二郎" in answer.raw.text
        assert "固有 一郎" not in answer.raw.text
        assert "7000001" not in answer.raw.text
        assert first.csrf not in answer.raw.text
        assert second.csrf in answer.raw.text
    tokens.add(second.csrf)
    assert len(tokens) == 2
    parts = remembered(portal)
    assert len(parts) == count > 0
    for private in ("固有", "7000001", "7000002", *tokens):
        assert not [place for place, html in parts.items() if private in html]


def test_who_may_do_less_sees_less_after_who_may_do_more(portal: Portal) -> None:
    person = add_person(portal, "7000003")
    assert "/bills" in sign_in(portal, person).get("/home").raw.text
    nobody = sign_in(portal, add_account(portal, person, "role-without-permissions"))
    assert nobody.get("/home").status == 403
    assert "/bills" not in nobody.get("/sessions").raw.text


def test_language_text_size_and_theme_are_shapes_of_their_own(make_portal: MakePortal) -> None:
    plain, branded = make_portal("actv"), make_portal("actv", theme="actv")
    client = sign_in(plain, add_person(plain))
    japanese = client.get("/home").raw.text
    client.get("/display?language=en&back=/home")
    english = client.get("/home").raw.text
    client.get("/display?size=large&back=/home")
    large = client.get("/home").raw.text
    other = sign_in(branded, add_person(branded)).get("/home").raw.text
    assert "本文へ移動" in japanese
    assert "Skip to the main text" in english
    assert 'aria-label="Menu"' in english
    assert 'data-text="large"' in large
    assert large.count('aria-current="true"') == english.count('aria-current="true"')
    styles = [html.split('rel="stylesheet"')[2] for html in (japanese, other)]
    assert styles[0] != styles[1]


def test_what_strangers_send_is_not_remembered(portal: Portal) -> None:
    client = portal.client()
    client.get("/login")
    count = len(remembered(portal))
    for n in range(20):
        client.get(f"/login?next=/x{n}")
        client.get(f"/no-such-page-{n}")
    assert len(remembered(portal)) == count < MOST
