"""A short, private folder for unix sockets, whose paths may not exceed about 100 bytes."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

from shared.failures import Refused


def socket_folder(data: Path, environ: Mapping[str, str]) -> Path:
    """The folder that this data folder's servers use; always the same, so that leftovers are found."""
    name = hashlib.blake2b(str(data).encode(), digest_size=4).hexdigest()
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    usable = bool(runtime) and len(runtime) < 50 and os.access(runtime, os.W_OK)
    return Path(runtime if usable else "/tmp") / f"tapeline-{os.getuid()}-{name}"


def make_socket_folder(folder: Path) -> None:
    """Makes the folder anew, ours alone; as root others may pass through it, to reach their own part."""
    remove_socket_folder(folder)
    folder.mkdir(mode=0o700)
    if os.getuid() == 0:
        folder.chmod(0o711)


def remove_socket_folder(folder: Path) -> None:
    """Removes the folder and every socket in it, unless somebody else made it."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise Refused(
            f"{folder} belongs to somebody else; remove it, or set XDG_RUNTIME_DIR to a folder of yours"
        )
    shutil.rmtree(folder)
