"""Passkeys (WebAuthn): what the browser is asked for, and whether its answer holds. Bad answers never raise."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import webauthn
from webauthn.helpers import base64url_to_bytes, parse_authentication_credential_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

LONGEST_ANSWER = 16_000
LONGEST_ID = 1_023
"""The longest credential id that the standard allows, in bytes."""
_TIMEOUT = 120_000
"""Milliseconds that a browser's dialog may stay open."""


@dataclass(frozen=True, slots=True)
class Site:
    """For whom passkeys are made: the tenant's main host, its origin from the registry, and the portal's name."""

    rp_id: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey that was just made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


def new_challenge() -> bytes:
    """256 random bits, for one ceremony."""
    return secrets.token_bytes(32)


def creation_options(site: Site, challenge: bytes, *, user: bytes, login_id: str, known: Sequence[bytes]) -> str:
    """What `navigator.credentials.create` is given, as JSON. `known` are refused by the device as already there."""
    options = webauthn.generate_registration_options(
        rp_id=site.rp_id,
        rp_name=site.name,
        user_id=user,
        user_name=login_id,
        user_display_name=login_id,
        challenge=challenge,
        timeout=_TIMEOUT,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
    )
    return webauthn.options_to_json(options)


def request_options(site: Site, challenge: bytes, *, known: Sequence[bytes]) -> str:
    """What `navigator.credentials.get` is given, as JSON."""
    options = webauthn.generate_authentication_options(
        rp_id=site.rp_id,
        challenge=challenge,
        timeout=_TIMEOUT,
        allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return webauthn.options_to_json(options)


def read_creation(site: Site, challenge: bytes, answer: str) -> NewPasskey | None:
    """The passkey that a browser says it has made for this challenge, at this site."""
    if len(answer) > LONGEST_ANSWER:
        return None
    try:
        made = webauthn.verify_registration_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=site.rp_id, expected_origin=site.origin
        )
    except Exception:  # noqa: BLE001 - whatever a made-up answer breaks in the parsers, it makes no passkey
        return None
    if not 0 < len(made.credential_id) <= LONGEST_ID:
        return None
    return NewPasskey(made.credential_id, made.credential_public_key, made.sign_count)


def named_in(answer: str) -> bytes | None:
    """The id of the passkey that an answer claims to come from."""
    if len(answer) > LONGEST_ANSWER:
        return None
    try:
        return base64url_to_bytes(parse_authentication_credential_json(answer).id)
    except Exception:  # noqa: BLE001 - see read_creation
        return None


def read_assertion(site: Site, challenge: bytes, answer: str, public_key: bytes) -> int | None:
    """The device's sign count when the answer proves the possession of the key; the caller compares the count."""
    try:
        proof = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
        )
    except Exception:  # noqa: BLE001 - see read_creation
        return None
    return proof.new_sign_count
