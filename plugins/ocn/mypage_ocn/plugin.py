"""OCN for business: カスタマーサポートデスク. Everything is data; requirement ids are those of REQUIREMENTS.md."""

from mypage.plugin import (
    ContractPolicy,
    CredentialChange,
    Guidance,
    LoginPageText,
    LoginScheme,
    MailText,
    MenuSection,
    PasswordPolicy,
    PermissionMatrix,
    Portal,
    Product,
    PublicPage,
    SlotPage,
    Slots,
    StatusHome,
    Termination,
    hookimpl,
)
from mypage_ocn import contract, guidance, home, login, pages, slots
from mypage_ocn.ending import MAILS, TERMINATION


@hookimpl
def portal_policy() -> Portal:
    """OCN-26, OCN-36, OCN-182."""
    return pages.PORTAL


@hookimpl
def menu_items() -> list[MenuSection]:
    """OCN-26 to OCN-34."""
    return list(pages.MENU)


@hookimpl
def public_page_items() -> list[PublicPage]:
    """OCN-175, OCN-183."""
    return list(pages.PUBLIC_PAGES)


@hookimpl
def guidance_items() -> list[Guidance]:
    """OCN-28, OCN-153, OCN-174, OCN-176."""
    return [*guidance.GUIDANCE, *slots.GUIDANCE]


@hookimpl
def product_items() -> list[Product]:
    """OCN-156 to OCN-164."""
    return list(slots.PRODUCTS)


@hookimpl
def slot_items() -> list[Slots]:
    """OCN-61, OCN-170, OCN-178."""
    return list(slots.SLOTS)


@hookimpl
def slot_page_items() -> list[SlotPage]:
    """OCN-60 to OCN-119."""
    return list(slots.SLOT_PAGES)


@hookimpl
def status_home_items() -> list[StatusHome]:
    """OCN-36 to OCN-41, OCN-173."""
    return [home.HOME_PAGE]


@hookimpl
def permission_policy() -> PermissionMatrix:
    """OCN-166, OCN-167."""
    return pages.PERMISSIONS


@hookimpl
def contract_policy() -> ContractPolicy:
    """OCN-32, OCN-35, OCN-150, OCN-151, OCN-168."""
    return contract.CONTRACT


@hookimpl
def login_scheme_items() -> list[LoginScheme]:
    """OCN-01 to OCN-10."""
    return list(login.SCHEMES)


@hookimpl
def login_page_policy() -> LoginPageText:
    """OCN-02 to OCN-04."""
    return login.LOGIN


@hookimpl
def password_policy(scheme: str) -> PasswordPolicy:
    """OCN-16 to OCN-20."""
    return login.PASSWORDS


@hookimpl
def credential_change_items() -> list[CredentialChange]:
    """OCN-42 to OCN-56."""
    return list(login.CREDENTIAL_CHANGES)


@hookimpl
def termination_items() -> list[Termination]:
    """OCN-120 to OCN-152."""
    return [TERMINATION]


@hookimpl
def mail_text_items() -> list[MailText]:
    """OCN-108, OCN-149."""
    return [*slots.MAILS, *MAILS]
