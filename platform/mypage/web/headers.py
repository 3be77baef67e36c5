"""Response headers of every page: no storing, no framing, no script but ours."""

from __future__ import annotations

from collections.abc import Iterable


def page_headers(*, secure: bool, form_targets: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Headers for private pages. `form_targets` are origins that a form's answer may redirect to."""
    form_action = " ".join(["'self'", *sorted(form_targets)])
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        f"connect-src 'self'; media-src 'self'; form-action {form_action}; frame-ancestors 'none'; "
        "base-uri 'none'; object-src 'none'"
    )
    headers = [
        ("cache-control", "no-store"),
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        ("vary", "HX-Request, Cookie, Sec-Fetch-Site, Origin"),
    ]
    if secure:
        headers.append(("strict-transport-security", "max-age=31536000; includeSubDomains"))
    return headers
