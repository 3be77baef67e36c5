"""The overview as a page: labels of the operator, links as far as the principal may follow them."""

from __future__ import annotations

import uuid

from mypage.auth.passwords import MASK
from mypage.hooks.overview import OverviewBlock, OverviewOption
from mypage.hooks.permissions import ACCOUNT_CHANGE, ACCOUNT_MANAGE, MAILBOX_CHANGE, OPTION_READ
from mypage.hooks.portal import Entry
from mypage.hooks.products import ProductPage
from mypage.hooks.subaccounts import AccountFieldKind, SubAccounts
from mypage.orders.quotas import QuotaStand
from mypage.subaccounts.accounts import SubAccount
from mypage.subaccounts.mailboxes import mail_of
from mypage.subaccounts.overview import Stand, shown_products
from mypage.subaccounts.overview_pages import (
    AccountEntry,
    Hint,
    OverviewPage,
    OverviewProducts,
    OverviewRow,
    QuotaRow,
)
from mypage.web.request import PortalRequest

NAMES_IN_HINT = 3


def overview_page(rq: PortalRequest, stand: Stand) -> OverviewPage:
    """The page; what concerns the contract is left out for who reaches the own account alone (UCOM-167)."""
    words = rq.operator.overview
    whole = stand.whole and stand.ref is not None
    return OverviewPage(
        title=words.title if stand.whole else words.own_title,
        hint=_hint(rq, stand),
        contract_title=words.contract_title,
        contract=_contract(rq, stand) if whole else (),
        quotas_title=words.quotas_title,
        quotas_note=words.quotas_note,
        quotas=tuple(_quota(rq, each) for each in stand.quotas.values()),
        options_title=words.options_title,
        options=_options(rq, stand) if whole else (),
        accounts_title=words.accounts_title,
        accounts=tuple(_account(rq, stand, account) for account in stand.accounts),
        facts_title=words.facts_title,
        none_text=words.none if stand.whole else "Your account has been deleted.",
        add_url=rq.href("accounts-new") if whole and _may_add(rq, stand) else "",
        add_label=words.add,
    )


def _contract(rq: PortalRequest, stand: Stand) -> tuple[OverviewRow, ...]:
    words, ref = rq.operator.overview, stand.ref
    assert ref is not None
    rows = [
        OverviewRow(label=words.plan_label, value=rq.t(ref.name) if ref.name else ""),
        OverviewRow(label=rq.operator.portal.customer_number_label, value=rq.principal.customer_number, kind="num"),
    ]
    if words.secret is not None:
        # Accounts that the customer handed out cannot take over the contract's own login (UCOM-166).
        handed_out = rq.operator.sub_accounts is not None and rq.principal.role in rq.operator.sub_accounts.roles
        url = "" if handed_out else _entry_url(rq, words.secret)
        rows.append(OverviewRow(label=words.secret.label, value=MASK, url=url, action=words.change))
    return tuple(row for row in rows if row.value)


def _quota(rq: PortalRequest, stand: QuotaStand) -> QuotaRow:
    counted = stand.quota.counts == "sub-accounts"
    percent = min(100, 100 * stand.registered // stand.available) if stand.available else None
    return QuotaRow(
        label=stand.quota.label,
        text=stand.counted(rq.t),
        note=stand.free_of_charge(rq.t),
        percent=percent if counted else None,
        url=rq.href("accounts") if counted and rq.principal.may(ACCOUNT_MANAGE) else "",
        action=rq.operator.overview.change,
    )


def _options(rq: PortalRequest, stand: Stand) -> tuple[OverviewRow, ...]:
    assert stand.ref is not None
    found = (_option(rq, stand, option, stand.ref.id) for option in rq.operator.overview.options)
    return tuple(row for row in found if row is not None)


def _option(rq: PortalRequest, stand: Stand, option: OverviewOption, holder_id: uuid.UUID) -> OverviewRow | None:
    """What is held of a page, or could be; None when nothing of it is for this contract."""
    page = rq.operator.product_pages[option.page]
    products = shown_products(rq.operator, page, stand, holder_id)
    if not products:
        return None
    has = any(held for _, held in products)
    word = rq.t(page.held if has else page.not_held)
    names = [rq.t(product.name) for product, held in products if held or not has]
    return OverviewRow(
        label=option.label,
        value=rq.t("%(products)s: %(state)s", products=rq.t(", ").join(names), state=word) if option.named else word,
        state=None if option.named else has,
        url=_page_url(rq, stand, page, None),
        action=rq.operator.overview.change,
    )


def _account(rq: PortalRequest, stand: Stand, account: SubAccount) -> AccountEntry:
    accounts = rq.operator.sub_accounts
    assert accounts is not None
    blocks = rq.operator.overview.blocks if stand.ref is not None else ()
    return AccountEntry(
        id=account.id,
        login_id=account.login_id,
        name=account.name,
        role=accounts.roles[account.role],
        marked=account.role != next(iter(accounts.roles)),
        opened=account.id == stand.accounts[0].id,
        rows=_facts(rq, stand, account, accounts),
        products=tuple(_block(rq, stand, account, block) for block in blocks),
    )


def _facts(rq: PortalRequest, stand: Stand, account: SubAccount, accounts: SubAccounts) -> tuple[OverviewRow, ...]:
    words = rq.operator.overview
    change = rq.principal.reaches(ACCOUNT_CHANGE, account.id)
    edit = rq.href("accounts-one", account_id=account.id) if change else ""
    secret = words.secret_label or _label(accounts, "password")
    rows = [
        OverviewRow(label=_label(accounts, "name"), value=account.name),
        OverviewRow(label=_label(accounts, "kana"), value=account.kana),
        OverviewRow(label=_label(accounts, "user-name"), value=account.user_name),
        OverviewRow(label=secret, value=MASK, url=edit, action=words.change),
        OverviewRow(label=_label(accounts, "role"), value=rq.t(accounts.roles[account.role])),
    ]
    return (*(row for row in rows if row.label and row.value), *_mail_and_space(rq, stand, account, accounts))


def _mail_and_space(
    rq: PortalRequest, stand: Stand, account: SubAccount, accounts: SubAccounts
) -> tuple[OverviewRow, ...]:
    words, found = rq.operator.overview, stand.resources[account.id]
    rows: list[OverviewRow | None] = []
    if rq.operator.mailboxes is not None:
        mail = mail_of(found)
        may = stand.ref is not None and rq.principal.reaches(MAILBOX_CHANGE, account.id)
        rows.append(
            OverviewRow(
                label=accounts.mail_label,
                value=mail.value if mail else rq.t(accounts.no_mail),
                kind="code" if mail else "",
                url=rq.href("accounts-mail", account_id=account.id) if may else "",
                action=words.change if mail else words.register,
            )
        )
    if stand.ref is not None:
        rows += [_option(rq, stand, option, stand.ref.id) for option in words.account_options]
    space = next((held.value for held in found if held.kind == "web"), "")
    if words.space_label:
        word = rq.t(words.registered if space else words.unregistered)
        url = _entry_url(rq, words.space) if words.space is not None and not space else ""
        rows.append(
            OverviewRow(label=words.space_label, value=word, url=url, action=words.space.label if words.space else "")
        )
    if words.site_label:
        rows.append(
            OverviewRow(label=words.site_label, value=space or rq.t(words.unregistered), kind="code" if space else "")
        )
    return tuple(row for row in rows if row is not None)


def _block(rq: PortalRequest, stand: Stand, account: SubAccount, block: OverviewBlock) -> OverviewProducts:
    page = rq.operator.product_pages[block.page]
    links = ((block.buy, _page_url(rq, stand, page, account)), (page.holdings_link, _use_url(rq, page, account)))
    return OverviewProducts(
        title=block.title,
        rows=tuple(
            OverviewRow(label=product.name, value=rq.t(page.held if held else page.not_held), state=held)
            for product, held in shown_products(rq.operator, page, stand, account.id)
        ),
        links=tuple((label, url) for label, url in links if label and url),
    )


def _hint(rq: PortalRequest, stand: Stand) -> Hint | None:
    """Accounts without a mail address, as far as one could be registered (UCOM-103)."""
    words = rq.operator.overview
    lacking = [
        account
        for account in stand.accounts
        if mail_of(stand.resources[account.id]) is None and rq.principal.reaches(MAILBOX_CHANGE, account.id)
    ]
    if rq.operator.mailboxes is None or not words.hint_title or not lacking or stand.ref is None:
        return None
    names = rq.t(", ").join(account.login_id for account in lacking[:NAMES_IN_HINT])
    values = {"count": len(lacking), "accounts": names + ("…" if len(lacking) > NAMES_IN_HINT else "")}
    only = rq.href("accounts-mail", account_id=lacking[0].id)
    return Hint(
        title=rq.t(words.hint_title, **values),
        text=rq.t(words.hint, **values) if words.hint else "",
        url=only if len(lacking) == 1 else "#accounts",
        link=words.hint_link,
    )


def _may_add(rq: PortalRequest, stand: Stand) -> bool:
    accounts = rq.operator.sub_accounts
    room = accounts is not None and accounts.quota in stand.quotas and stand.quotas[accounts.quota].free > 0
    return room and rq.principal.may(ACCOUNT_MANAGE)


def _entry_url(rq: PortalRequest, entry: Entry) -> str:
    return rq.href(entry.route, **entry.params)


def _page_url(rq: PortalRequest, stand: Stand, page: ProductPage, account: SubAccount | None) -> str:
    """Where the products of a page are bought and ended, for those who may look there."""
    if stand.ref is None or not (rq.principal.may(OPTION_READ) and rq.principal.may(page.permission)):
        return ""
    return rq.href("option", slug=page.slug, account=account.id if account else None)


def _use_url(rq: PortalRequest, page: ProductPage, account: SubAccount) -> str:
    if not page.holdings_title or not rq.principal.may(page.permission):
        return ""
    return rq.href("option-holdings", slug=page.slug, account=account.id)


def _label(accounts: SubAccounts, kind: AccountFieldKind) -> str:
    field = accounts.row(kind)
    return field.label if field is not None else ""
