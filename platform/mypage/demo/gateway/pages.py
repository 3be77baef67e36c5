"""The pages a customer sees: the card form, the identity check and what is said when there is nothing to do."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.enums import MediaType
from litestar.params import FromPath

from .cards import BRANDS, LATEST_EXPIRY_YEARS, TEST_CARDS, Form
from .requests import origin_of, with_reference
from .service import Company, Setup
from .texts import texts

_HERE: Final = Path(__file__).parent
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_FIELDS: Final = frozenset({"number", "code", "brand", "month", "year", "holder", "given", "family"})
_FIRST_INPUT: Final = {"expiry": "month"}

Asking = Request[Any, Any, State]


@get("/")
async def home(request: Asking) -> Response[str]:
    return _page("home.html", _locale(request))


@get("/health", media_type=MediaType.TEXT)
async def health() -> str:
    return "ok"


@get("/static/gateway.css")
async def stylesheet() -> Response[bytes]:
    headers = {"Cache-Control": "max-age=300", "X-Content-Type-Options": "nosniff"}
    return Response((_HERE / "static/gateway.css").read_bytes(), media_type="text/css", headers=headers)


@get("/pay/{reference:str}/theme.css")
async def theme(request: Asking, reference: FromPath[str]) -> Response[str]:
    """The operator's colours; only ``#rrggbb`` values ever get into a setup."""
    colours = _company(request).look(reference).request.theme
    names = ("brand", "brand_ink", "action", "action_hover", "action_ink", "link")
    lines = [f"--c-{name.replace('_', '-')}: {getattr(colours, name)};" for name in names]
    css = ":root { " + " ".join([*lines, f"--c-bg: {colours.background};"]) + " }\n"
    return Response(css, media_type="text/css", headers=_HEADERS)


@get("/pay/{reference:str}")
async def show(request: Asking, reference: FromPath[str]) -> Response[str]:
    setup = _company(request).look(reference)
    return _card_page(request, setup, Form(), {})


@post("/pay/{reference:str}", status_code=200)
async def enter(request: Asking, reference: FromPath[str]) -> Response[Any]:
    typed = await _typed(request)
    form = Form(**{name: value for name, value in typed.items() if name in _FIELDS})
    setup, faults = _company(request).enter(reference, form)
    return _card_page(request, setup, form, faults) if faults else _onward(setup)


@post("/pay/{reference:str}/identity", status_code=200)
async def identity(request: Asking, reference: FromPath[str]) -> Response[Any]:
    typed = await _typed(request)
    setup, fault = _company(request).answer_challenge(reference, typed.get("answer", ""))
    return _card_page(request, setup, Form(), {"answer": fault}) if fault else _onward(setup)


@post("/pay/{reference:str}/cancel", status_code=200)
async def cancel(request: Asking, reference: FromPath[str]) -> Response[Any]:
    return _onward(_company(request).cancel(reference))


HANDLERS: Final = (home, health, stylesheet, theme, show, enter, identity, cancel)


def plain_page(request: Asking, status: int) -> Response[str]:
    """What is said about a page that is not there, or about a request nobody can read."""
    kind = "missing" if status in {404, 405} else "bad"
    return _page("ended.html", _locale(request), status=status, kind=kind, setup=None, back=None)


def _card_page(request: Asking, setup: Setup, form: Form, faults: dict[str, str]) -> Response[str]:
    status = 422 if faults else 200
    if setup.state != "open":
        back = with_reference(setup.request.return_url, setup.reference)
        return _page("ended.html", setup.request.locale, setup, status=status, kind=setup.state, back=back)
    if setup.challenge_left is not None:
        return _page("challenge.html", setup.request.locale, setup, status=status, fault=faults.get("answer"))
    year = _company(request).today().year
    order = ["code" if name == "security_code" else name for name in setup.request.labels.order]
    return _page(
        "card.html",
        setup.request.locale,
        setup,
        status=status,
        asked=setup.asked,
        form=_shown_again(form),
        faults={name: faults[name] for name in order if name in faults},
        order=order,
        first_input=_FIRST_INPUT,
        years=range(year, year + LATEST_EXPIRY_YEARS + 1),
    )


def _shown_again(form: Form) -> dict[str, str]:
    """What may stand in the form after an error. A name with digits may be a card number in the wrong place."""
    names = {name: getattr(form, name) for name in ("holder", "given", "family")}
    names = {name: "" if any(char.isnumeric() for char in value) else value for name, value in names.items()}
    return names | {"brand": form.brand, "month": form.month, "year": form.year}


def _onward(setup: Setup) -> Response[Any]:
    """To the portal when the customer is done here, to the setup's own page when not."""
    stays = setup.state in {"open", "expired"}
    to = f"/pay/{setup.reference}" if stays else with_reference(setup.request.return_url, setup.reference)
    return Response("", status_code=303, media_type="text/html", headers={**_HEADERS, **_policy(setup), "Location": to})


def _page(name: str, locale: str, setup: Setup | None = None, *, status: int = 200, **values: Any) -> Response[str]:
    lang = "ja" if locale.lower().startswith("ja") else "en"
    content = _environment().get_template(name).render(t=texts(locale), lang=lang, setup=setup, **values)
    headers = {**_HEADERS, **_policy(setup), "Content-Language": lang}
    return Response(content, status_code=status, media_type="text/html", headers=headers)


def _policy(setup: Setup | None) -> dict[str, str]:
    # A form that ends in a redirect to the portal needs the portal's origin among its targets.
    target = f" {origin_of(setup.request.return_url)}" if setup is not None else ""
    return {
        "Content-Security-Policy": f"default-src 'none'; style-src 'self'; form-action 'self'{target}; "
        "base-uri 'none'; frame-ancestors 'none'"
    }


async def _typed(request: Asking) -> dict[str, str]:
    """The fields of a posted form; whatever cannot be read counts as not filled."""
    try:
        pairs = parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=40)
    except ValueError:
        return {}
    return {name: value.strip() for name, value in pairs}


def _locale(request: Asking) -> str:
    return "ja" if request.headers.get("accept-language", "ja").lower().startswith("ja") else "en"


def _company(request: Asking) -> Company:
    company: Company = request.app.state.company
    return company


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, auto_reload=False
    )
    environment.globals["brands"] = BRANDS
    environment.globals["test_cards"] = tuple(card for card in TEST_CARDS if card.listed)
    environment.filters["grouped"] = grouped
    return environment


def grouped(number: str) -> str:
    """A card number in blocks, as printed on the card."""
    steps = (4, 6, 5) if len(number) == 15 else (4, 6, 4) if len(number) == 14 else (4,) * 5
    blocks, at = [], 0
    for step in steps:
        blocks.append(number[at : at + step])
        at += step
    return " ".join(block for block in blocks if block)
