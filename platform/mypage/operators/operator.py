"""An operator after compilation: every answer of its plugin, checked and frozen. Requests read it and call no hooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mypage.hooks.auth import (
    CredentialChange,
    Gate,
    LoginPageText,
    LoginScheme,
    Recovery,
    Registration,
    SessionPolicy,
    ThrottlePolicy,
)
from mypage.hooks.billing import BillingView, CardChange
from mypage.hooks.pages import ContractView, MailText, NoticeView
from mypage.hooks.passwords import IdentifierPolicy, PasswordPolicy
from mypage.hooks.permissions import PermissionMatrix
from mypage.hooks.portal import MenuSection, Portal, PublicPage, TenantSettings
from mypage.i18n import Catalogue


class OperatorError(ValueError):
    """A plugin is wrong; the message names operator, hook and value, and says how to mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """What one plugin says, with the core's defaults filled in."""

    name: str
    portal: Portal
    menu: tuple[MenuSection, ...]
    public_pages: Mapping[str, PublicPage]
    permissions: PermissionMatrix
    settings_type: type[TenantSettings]
    schemes: Mapping[str, LoginScheme]
    login_page: LoginPageText
    password_policies: Mapping[str, PasswordPolicy]
    login_id_policies: Mapping[str, IdentifierPolicy]
    registrations: Mapping[str, Registration]
    recoveries: Mapping[str, Recovery]
    credential_changes: Mapping[str, CredentialChange]
    throttle: ThrottlePolicy
    sessions: SessionPolicy
    gates: tuple[Gate, ...]
    billing_view: BillingView
    card_change: CardChange
    contract_view: ContractView
    notice_view: NoticeView
    mail_texts: Mapping[str, MailText]
    catalogues: Mapping[str, Catalogue]
    template_folder: Path | None
