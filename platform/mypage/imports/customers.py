"""Loading customers."""

from __future__ import annotations

from dataclasses import dataclass

from mypage.auth.finding import CUSTOMER, customer_keys
from mypage.auth.proof import proof_hash
from mypage.db.staging import Target, copy_row
from mypage.imports import cleaning
from mypage.imports.chunk import Chunk, Item, Means
from mypage.imports.records import Customer
from mypage.lib.text import fold_kana

NAME = "customer"

_STATED = (
    "number", "kind", "name", "kana", "kana_key", "email", "phone", "postal_code", "address", "language", *CUSTOMER,
)  # fmt: skip
_TABLE = Target(
    "customer",
    ("id", "number_key", *_STATED, "proof_hash", "profile", "created_at", "updated_at"),
    found_by=("number_key",),
    updates=(*_STATED, "proof_hash", "profile", "updated_at"),
)
_STORED = (
    "SELECT number_key, id, number, kind, name, kana, kana_key, email, phone, postal_code, address, language,"
    " find_name, find_rest, find_kana, find_kana_rest, find_phone, find_mail,"
    " proof_hash, profile, created_at FROM customer WHERE tenant_id = %s AND number_key = ANY(%s)"
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """`stated` are the values of `_STATED`; `row` is key and values for COPY, made here while the database works."""

    key: str
    stated: tuple[str, ...]
    proof_code: tuple[str, ...] | None
    profile: dict[str, str] | None
    row: str


def prepare(record: Customer, _: Means) -> Prepared:
    """Check the texts and make the keys. Raises BadLine."""
    key = cleaning.key_of("number", record.number)
    kana = cleaning.one_line("kana", record.kana)
    name, phone = cleaning.required("name", record.name), cleaning.one_line("phone", record.phone)
    email = cleaning.mail_address("email", record.email)
    stated = (
        cleaning.one_line("number", record.number),
        record.kind,
        name,
        kana,
        fold_kana(kana),
        email,
        phone,
        cleaning.one_line("postal_code", record.postal_code),
        cleaning.one_line("address", record.address),
        record.language,
        *customer_keys(name=name, kana=kana, phone=phone, email=email).values(),
    )
    parts = record.proof_code
    code = tuple(cleaning.required("proof_code", part) for part in parts) if parts is not None else None
    profile = record.profile
    if profile is not None:
        profile = {
            cleaning.required("profile", name): cleaning.one_line(f"profile.{name}", value)
            for name, value in profile.items()
        }
    return Prepared(key, stated, code, profile, copy_row((key, *stated)))


def natural_key(value: Prepared) -> tuple[str, str, str]:
    """The folded customer number."""
    return value.key, "number", f"customer {value.stated[0]}"


def load(chunk: Chunk, items: list[Item[Prepared]]) -> None:
    """Insert what is new, replace what is different; a proof code or profile that is left out is kept."""
    stored = {row[0]: row[1:] for row in chunk.select(_STORED, [item.value.key for item in items])}
    rows: list[str] = []
    now = copy_row((chunk.now,))
    for item in items:
        value = item.value
        found = stored.get(value.key)
        proof, profile = found[-3:-1] if found is not None else (None, {})
        if value.proof_code is not None:
            proof = proof_hash(chunk.means.vault.keyring, chunk.tenant, value.key, value.proof_code)
        if value.profile is not None:
            profile = value.profile
        if found is not None and found[1:-1] == (*value.stated, proof, profile):
            chunk.count(NAME, "unchanged")
            continue
        chunk.count(NAME, "new" if found is None else "updated")
        row_id, created = (next(chunk.ids), now) if found is None else (found[0], copy_row((found[-1],)))
        rows.append(f"{row_id}\t{value.row}\t{copy_row((proof, profile))}\t{created}\t{now}")
    chunk.write(_TABLE, rows)
    if chunk.dry_run:
        chunk.scratch.note(NAME, (item.value.key for item in items))
