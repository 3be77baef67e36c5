"""What a line permits as it stands (OCN-32, OCN-126, OCN-127, OCN-150, OCN-151, OCN-168)."""

from mypage.plugin import CREDENTIAL_CHANGE, SLOT_CHANGE, SLOT_READ, TERMINATION, ContractCondition, ContractPolicy
from mypage_ocn.names import CHANGES, ONLINE_CHANGE

CHANGES_ARE_OVER = "廃止受付完了後は、各種変更のお申込みができなくなります。"
"""OCN-126."""
NOT_FOR_THIS_LINE = "ご契約の内容により、この画面でのお手続きはできません。"

CONTRACT = ContractPolicy(
    conditions=(
        ContractCondition(
            permissions=frozenset({CREDENTIAL_CHANGE, CHANGES, SLOT_READ, SLOT_CHANGE, TERMINATION}),
            states=frozenset({"preparing", "active", "suspended", "paper"}),
            refusal=CHANGES_ARE_OVER,
        ),
        ContractCondition(permissions=frozenset({CREDENTIAL_CHANGE}), feature=ONLINE_CHANGE, refusal=NOT_FOR_THIS_LINE),
    ),
    signs_in=frozenset({"preparing", "active", "suspended", "paper", "accepted"}),
)
