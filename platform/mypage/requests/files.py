"""Files of requests: checked, kept in sealed pieces, bound to a draft until it is filed, and read piece by piece."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from sqlalchemy import delete, func, select, tuple_, update

from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.requests import FileRule
from mypage.lib.errors import NotFound
from mypage.lib.tabular import safe_filename
from mypage.lib.tokens import token_hash
from mypage.requests.errors import BadFile
from mypage.requests.file_types import ENDINGS, MEDIA, type_of
from mypage.requests.models import Request, RequestFile, RequestFilePiece

PIECE = 512 * 1024
"""Bytes of a piece before it is sealed."""
STRAY = timedelta(hours=24)
"""How long files of a draft are kept that is never filed."""
MOST_OF_AN_ACCOUNT = 20
"""Files that one account may have in drafts at once; of more the oldest of other drafts give way."""
_TABLE, _COLUMN = "request_file_piece", "sealed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """A file without what it holds. `size` is in bytes."""

    id: uuid.UUID
    field: str
    name: str
    media_type: str
    size: int
    created_at: datetime


def keeper(principal: Principal) -> bytes:
    """The `owner` of an account's files, whatever the session: sessions cost nothing, and files take room."""
    return token_hash(f"files:{principal.account_id}")


def add_file(
    tx: Tx, vault: Vault, *, owner: bytes, draft_id: uuid.UUID, field: str, rule: FileRule, name: str, content: bytes
) -> uuid.UUID:
    """Keep a file with a draft. The same again in the same field is kept once. Raises BadFile."""
    if len(content) > rule.megabytes * 1024 * 1024:
        raise BadFile("large")
    kind = type_of(content)
    if kind not in rule.types:
        raise BadFile("type")
    digest = hashlib.sha256(content).digest()
    # What comes at once is counted one after the other.
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"files:{tx.tenant}:{owner.hex()}", 0))))
    there = tx.execute(
        select(RequestFile.id, RequestFile.digest, RequestFile.field, RequestFile.draft_id)
        .where(RequestFile.tenant_id == tx.tenant, RequestFile.owner == owner, RequestFile.request_id.is_(None))
        .order_by(RequestFile.created_at, RequestFile.id)
        .limit(MOST_OF_AN_ACCOUNT)
    ).all()
    here = [row for row in there if row.draft_id == draft_id and row.field == field]
    if same := next((row.id for row in here if row.digest == digest), None):
        found: uuid.UUID = same
        return found
    if len(here) >= rule.most:
        raise BadFile("many")
    if len(there) >= MOST_OF_AN_ACCOUNT:
        _give_way(tx, owner, [(row.id, row.draft_id) for row in there if row.draft_id != draft_id])
    file_id = uuid.uuid4()
    tx.add(
        RequestFile(
            tenant_id=tx.tenant,
            id=file_id,
            request_id=None,
            owner=owner,
            draft_id=draft_id,
            field=field,
            name=file_name(name, ENDINGS[kind]),
            media_type=MEDIA[kind],
            size=len(content),
            digest=digest,
            created_at=tx.now(),
        )
    )
    tx.flush()
    for position, start in enumerate(range(0, len(content), PIECE)):
        sealed = vault.seal(
            tx, content[start : start + PIECE], table=_TABLE, column=_COLUMN, row=f"{file_id}:{position}"
        )
        tx.add(RequestFilePiece(tenant_id=tx.tenant, file_id=file_id, position=position, sealed=sealed))
        tx.flush()
    return file_id


def file_name(typed: str, ending: str) -> str:
    """A name without path, control and direction characters, that ends as its content does."""
    plain = safe_filename(typed.replace("\\", "/").rpartition("/")[2])
    known = {".jpeg"} if ending == ".jpg" else set()
    if PurePosixPath(plain).suffix.lower() in {ending, *known}:
        return plain
    return safe_filename(f"{plain}{ending}")


def drop_file(tx: Tx, *, owner: bytes, draft_id: uuid.UUID, file_id: uuid.UUID) -> None:
    """Take a file out of a draft; harmless when it is gone or another's."""
    tx.execute(
        delete(RequestFile).where(
            RequestFile.tenant_id == tx.tenant,
            RequestFile.id == file_id,
            RequestFile.draft_id == draft_id,
            RequestFile.owner == owner,
            RequestFile.request_id.is_(None),
        )
    )


def files_of_draft(tx: Tx, *, owner: bytes, draft_id: uuid.UUID) -> tuple[FileFacts, ...]:
    """What was handed in with a draft, in order."""
    return _facts(tx, RequestFile.draft_id == draft_id, RequestFile.owner == owner, RequestFile.request_id.is_(None))


def files_of_request(tx: Tx, request_id: uuid.UUID) -> tuple[FileFacts, ...]:
    """What came with a request, in order. The caller knows that the reader may see it."""
    return _facts(tx, RequestFile.request_id == request_id)


def keep_files(tx: Tx, request_id: uuid.UUID, *, draft_id: uuid.UUID, owner: bytes) -> None:
    """The files of a draft belong to the request that it became."""
    tx.execute(
        update(RequestFile)
        .where(
            RequestFile.tenant_id == tx.tenant,
            RequestFile.draft_id == draft_id,
            RequestFile.owner == owner,
            RequestFile.request_id.is_(None),
        )
        .values(request_id=request_id)
    )


def drop_absent(tx: Tx, *, owner: bytes, draft_id: uuid.UUID, fields: tuple[str, ...]) -> None:
    """Drop the files of a draft that stand in other fields than these: their condition is not met any more."""
    tx.execute(
        delete(RequestFile).where(
            RequestFile.tenant_id == tx.tenant,
            RequestFile.draft_id == draft_id,
            RequestFile.owner == owner,
            RequestFile.request_id.is_(None),
            RequestFile.field.not_in(fields),
        )
    )


def own_file(tx: Tx, principal: Principal, file_id: uuid.UUID) -> FileFacts:
    """A file of a request of the principal's customer. Raises NotFound."""
    owner = select(Request.id).where(Request.tenant_id == tx.tenant, Request.customer_id == principal.customer_id)
    return _only(_facts(tx, RequestFile.id == file_id, RequestFile.request_id.in_(owner)))


def file_for_staff(tx: Tx, file_id: uuid.UUID) -> tuple[FileFacts, uuid.UUID]:
    """A file of whatever request of the tenant, and that request's id. Raises NotFound, also for one of a draft."""
    facts = _only(_facts(tx, RequestFile.id == file_id, RequestFile.request_id.is_not(None)))
    request_id = tx.execute(
        select(RequestFile.request_id).where(RequestFile.tenant_id == tx.tenant, RequestFile.id == file_id)
    ).scalar_one()
    if request_id is None:
        raise NotFound
    return facts, request_id


def read_file(tx: Tx, vault: Vault, file_id: uuid.UUID) -> Iterator[bytes]:
    """What a file holds, a piece at a time."""
    positions = tx.execute(
        select(func.count()).where(RequestFilePiece.tenant_id == tx.tenant, RequestFilePiece.file_id == file_id)
    ).scalar_one()
    for position in range(positions):
        sealed = tx.execute(
            select(RequestFilePiece.sealed).where(
                RequestFilePiece.tenant_id == tx.tenant,
                RequestFilePiece.file_id == file_id,
                RequestFilePiece.position == position,
            )
        ).scalar_one()
        yield vault.open(tx, sealed, table=_TABLE, column=_COLUMN, row=f"{file_id}:{position}")


def drop_strays(tx: Tx, limit: int = 500) -> int:
    """Delete up to `limit` files of drafts that were never filed; how many. Call again until 0."""
    doomed = (
        select(RequestFile.id)
        .where(
            RequestFile.tenant_id == tx.tenant,
            RequestFile.request_id.is_(None),
            RequestFile.created_at < tx.now() - STRAY,
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    chosen = select(doomed.cte("doomed"))
    gone = delete(RequestFile).where(RequestFile.tenant_id == tx.tenant, tuple_(RequestFile.id).in_(chosen))
    found = tx.execute(gone.returning(RequestFile.id).execution_options(synchronize_session=False))
    return len(found.all())


def by_field(files: tuple[FileFacts, ...]) -> Mapping[str, tuple[FileFacts, ...]]:
    """The files of each field."""
    names = dict.fromkeys(file.field for file in files)
    return {name: tuple(file for file in files if file.field == name) for name in names}


def _give_way(tx: Tx, owner: bytes, others: list[tuple[uuid.UUID, uuid.UUID]]) -> None:
    """Drop the oldest file of another draft. Raises BadFile: all are of this one."""
    if not others:
        raise BadFile("many")
    file_id, draft_id = others[0]
    drop_file(tx, owner=owner, draft_id=draft_id, file_id=file_id)


def _facts(tx: Tx, *where: object) -> tuple[FileFacts, ...]:
    rows = tx.execute(
        select(
            RequestFile.id,
            RequestFile.field,
            RequestFile.name,
            RequestFile.media_type,
            RequestFile.size,
            RequestFile.created_at,
        )
        .where(RequestFile.tenant_id == tx.tenant, *where)  # type: ignore[arg-type]
        .order_by(RequestFile.created_at, RequestFile.id)
    )
    return tuple(FileFacts(**row) for row in rows.mappings())


def _only(files: tuple[FileFacts, ...]) -> FileFacts:
    if not files:
        raise NotFound
    return files[0]
