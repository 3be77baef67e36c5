"""Reply → HTTP response: rendering, redirects, downloads, cookies and headers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from litestar.background_tasks import BackgroundTask
from litestar.response import Response, Stream

from mypage.lib.tabular import content_disposition
from mypage.operators.tenants import Tenant
from mypage.web.cookies import CookieJar
from mypage.web.errors import ErrorReply
from mypage.web.flashes import pack_flashes
from mypage.web.framing import Framer
from mypage.web.headers import page_headers
from mypage.web.rendering import Templates
from mypage.web.replies import Download, Go, GoOut, GoPath, Reply, Show, Told
from mypage.web.request import PortalRequest
from mypage.web.urls import safe_path

FLASH_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """Makes the responses of one operator's application."""

    templates: Templates
    framer: Framer
    form_targets: Callable[[Tenant], tuple[str, ...]]
    secure: bool

    def respond(self, rq: PortalRequest, reply: Reply) -> Response[Any]:
        """The response of a handler's reply."""
        match reply:
            case Show():
                return self._html(rq, self.render(rq, reply), reply.status, reply.headers)
            case Go():
                return self.redirect(rq, rq.href(reply.route, **reply.params))
            case GoPath():
                return self.redirect(rq, reply.path)
            case GoOut():
                return self.redirect(rq, reply.url)
            case Download():
                return self._download(rq, reply)
            case Told():
                told = json.dumps(dict(reply.words)).encode()
                return self._finish(rq, Response(told, status_code=reply.status, media_type="application/json"), {})

    def render(self, rq: PortalRequest, reply: Show) -> str:
        """The HTML of a page in the tenant's look and the request's language."""
        return self.templates.render(
            reply.page,
            theme=rq.tenant.theme.name,
            locale=rq.locale,
            frame=self.framer.frame(rq, reply.page.template),
            href=rq.href,
            static=lambda path: self.framer.statics.url(rq.prefix, rq.tenant.theme.name, path),
        )

    def redirect(self, rq: PortalRequest, location: str) -> Response[Any]:
        """A 303; messages for the next page travel in a cookie."""
        if rq.out.flashes:
            packed = pack_flashes(rq.key, rq.tenant.name, rq.out.flashes)
            rq.out.cookies.append(self.jar(rq).set("flash", packed, max_age=FLASH_SECONDS))
        # A header holds ASCII only, and the way back may be a path as it was typed.
        ascii_location = quote(location, safe="!#$%&'()*+,/:;=?@[]~", errors="replace")
        response: Response[Any] = Response(b"", status_code=303, headers={"location": ascii_location})
        return self._finish(rq, response, {})

    def error(self, rq: PortalRequest, error: ErrorReply) -> Response[Any]:
        """An error page with a way back that can be read again."""
        rq.unit = None
        # "//host/x" is a path to us and another site to a browser.
        again = (safe_path(rq.path, rq.prefix) if rq.method == "GET" else None) or rq.href("top")
        page = error.page(back_url=again, reference=rq.request_id)
        headers = {"retry-after": str(error.retry_after)} if error.retry_after else {}
        return self._html(rq, self.render(rq, Show(page)), error.status, headers)

    def jar(self, rq: PortalRequest) -> CookieJar:
        """The tenant's cookies."""
        return CookieJar(rq.tenant.name, rq.prefix, self.secure)

    def _html(self, rq: PortalRequest, html: str, status: int, headers: Mapping[str, str]) -> Response[Any]:
        if rq.incoming_flashes:
            rq.out.cookies.append(self.jar(rq).drop("flash"))
        media_type = "text/html; charset=utf-8"
        response: Response[Any] = Response(html.encode(), status_code=status, media_type=media_type)
        return self._finish(rq, response, headers)

    def _download(self, rq: PortalRequest, reply: Download) -> Response[Any]:
        headers: dict[str, str] = {}
        if reply.filename:
            headers["content-disposition"] = content_disposition(reply.filename, inline=reply.inline)
        if reply.cache_seconds:
            headers["cache-control"] = f"private, max-age={reply.cache_seconds}"
        response: Response[Any]
        if isinstance(reply.content, bytes):
            response = Response(reply.content, media_type=reply.media_type)
        else:
            # A browser that leaves midway is no error: the source of the blocks is told here, however it ended.
            close = getattr(reply.content, "aclose", None)
            after = BackgroundTask(close) if close is not None else None
            response = Stream(reply.content, media_type=reply.media_type, background=after)
        return self._finish(rq, response, headers)

    def _finish(self, rq: PortalRequest, response: Response[Any], headers: Mapping[str, str]) -> Response[Any]:
        for name, value in page_headers(secure=self.secure, form_targets=self.form_targets(rq.tenant)):
            response.headers.setdefault(name, value)
        if response.media_type:
            # Otherwise Litestar adds a second charset to every text type.
            response.headers["content-type"] = str(response.media_type)
        response.headers.update({name.lower(): value for name, value in headers.items()})
        if rq.out.new_session is not None:
            rq.out.cookies.append(self.jar(rq).set("session", rq.out.new_session))
        elif rq.out.end_session:
            rq.out.cookies.append(self.jar(rq).drop("session"))
        response.cookies = list(rq.out.cookies)
        return response
