"""Speaking to OpenID Connect providers: discovery, the code flow with PKCE, and checking what they vouch for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from mypage.lib.hosts import is_local
from mypage.operators.staff_login import StaffLogin
from mypage.staff.oidc.errors import Unreachable
from mypage.staff.oidc.trip import Trip

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
KEPT = timedelta(minutes=10)
"""How long a provider's addresses and keys are believed without asking again."""
PATIENCE = 10.0
_LEEWAY = 60
_FRESH = 300
"""Seconds within which a proof that was asked for has to have been given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """Whom a provider vouches for. `email` is "" unless the provider has verified it."""

    issuer: str
    subject: str
    email: str


@dataclass(frozen=True, slots=True)
class _Known:
    endpoints: Mapping[str, Any]
    keys: KeySet
    until: datetime


class Providers:
    """The providers that tenants name, asked when somebody comes."""

    def __init__(self) -> None:
        """Nobody is asked yet."""
        self._known: dict[str, _Known] = {}

    async def authorization(self, login: StaffLogin, trip: Trip, *, back: str, now: datetime) -> str:
        """Where the browser goes to prove who its user is; it comes back to `back`. Raises Unreachable."""
        known = await self._discovered(login.issuer, now)
        again = {"prompt": "login", "max_age": "0"} if trip.again else {}
        url = prepare_grant_uri(
            known.endpoints["authorization_endpoint"],
            login.client_id,
            "code",
            redirect_uri=back,
            scope="openid email profile",
            state=trip.state,
            nonce=trip.nonce,
            code_challenge=create_s256_code_challenge(trip.verifier),
            code_challenge_method="S256",
            **again,
        )
        return str(url)

    async def redeem(self, login: StaffLogin, trip: Trip, code: str, *, back: str, now: datetime) -> Vouched:
        """Whom the provider vouches for by a code. Raises Unreachable for whatever is not exactly right."""
        known = await self._discovered(login.issuer, now)
        try:
            told = await _redeemed(known.endpoints["token_endpoint"], login, trip, code, back)
            claims = _claims(str(told.get("id_token", "")), known.keys, login, trip, now)
        except (httpx.HTTPError, JoseError, ValueError, TypeError) as error:
            # Its keys may have changed: the next attempt asks for them. Not after a code that it has declined: such
            # codes can be made up by anybody, and each would cost the provider two more questions.
            if not isinstance(error, httpx.HTTPStatusError):
                self._known.pop(login.issuer, None)
            raise Unreachable(f"{login.issuer}: the code was not accepted: {type(error).__name__}") from error
        email = claims.get("email") if claims.get("email_verified") is True else ""
        return Vouched(issuer=login.issuer, subject=str(claims["sub"]), email=str(email or ""))

    async def _discovered(self, issuer: str, now: datetime) -> _Known:
        known = self._known.get(issuer)
        if known is None or now >= known.until:
            known = self._known[issuer] = await _discover(issuer, now)
        return known


async def _redeemed(address: str, login: StaffLogin, trip: Trip, code: str, back: str) -> Mapping[str, Any]:
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": trip.verifier,
    }  # fmt: skip
    # RFC 6749, 2.3.1: both are written as in a form before they become user and password.
    who = (quote(login.client_id, safe=""), quote(os.environ.get(login.secret_env, ""), safe=""))
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        answer = (await client.post(address, data=form, auth=who)).raise_for_status().json()
    return answer if isinstance(answer, dict) else {}


async def _discover(issuer: str, now: datetime) -> _Known:
    address = issuer.rstrip("/") + "/.well-known/openid-configuration"
    try:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            endpoints = (await client.get(address)).raise_for_status().json()
            if endpoints.get("issuer") != issuer:
                raise Unreachable(f"{issuer}: its configuration names another issuer")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                _check_address(issuer, name, str(endpoints.get(name, "")))
            keys = KeySet.import_key_set((await client.get(endpoints["jwks_uri"])).raise_for_status().json())
    except (httpx.HTTPError, JoseError, ValueError, TypeError, AttributeError) as error:
        raise Unreachable(f"{issuer}: cannot be asked: {type(error).__name__}") from error
    return _Known(endpoints, keys, now + KEPT)


def _check_address(issuer: str, name: str, address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local(parts.hostname or "")):
        raise Unreachable(f"{issuer}: {name} is not protected by TLS")


def _claims(token: str, keys: KeySet, login: StaffLogin, trip: Trip, now: datetime) -> Mapping[str, Any]:
    """Raises JoseError or ValueError unless the token is this provider's, for us, for this attempt, and in time."""
    decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
    claims: dict[str, Any] = decoded.claims
    present = int(now.timestamp())
    jwt.JWTClaimsRegistry(
        now=present,
        leeway=_LEEWAY,
        iss={"essential": True, "value": login.issuer},
        aud={"essential": True, "value": login.client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": trip.nonce},
    ).validate(claims)
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != login.client_id:
        raise ValueError("the token is for somebody else besides")
    if trip.again and not 0 <= present - int(claims.get("auth_time", 0)) + _LEEWAY <= _FRESH + _LEEWAY:
        raise ValueError("nothing was proved anew")
    return claims
