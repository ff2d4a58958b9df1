"""Where machine code is kept: a folder named by everything it was made from, of files that verify themselves.

The folder's name holds a hash of every kernel source and of what those import, of Python, numba and the
processor, so that code of other sources can never be picked up. A file carries a digest: damage is seen and
compiled anew. One file a kernel and signature, so that processes which compile at once cannot mix them up.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import platform
import re
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import llvmlite.binding
import numba
from numba.core import caching as _caching
from numba.core.runtime import nrt as _nrt

caching: Any = _caching
nrt: Any = _nrt
config: Any = numba.config

_ROOT: Final = Path(__file__).resolve().parent.parent
_PACKAGES: Final = ("shared", "services", "research", "tapeline", "bench")
_IMPORT: Final = re.compile(rf"^\s*(?:from|import)\s+((?:{'|'.join(_PACKAGES)})[\w.]*)", re.MULTILINE)
_MARK: Final = b"shared.kernels"
_DIGEST_BYTES: Final = 32
_UNUSABLE: Final = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ImportError,
    pickle.UnpicklingError,
)


@cache
def cache_folder() -> Path:
    """The folder of these sources' machine code, below NUMBA_CACHE_DIR or the user's cache folder."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen:
        return Path(chosen) / fingerprint()
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = Path(home) / "tapeline" / "kernels" / fingerprint()
    if _can_be_made(folder):
        return folder
    return Path(tempfile.gettempdir()) / f"tapeline-kernels-{os.getuid()}" / fingerprint()


def fingerprint() -> str:
    """A hash of all that machine code depends on."""
    digest = hashlib.blake2b(digest_size=10)
    machine = (platform.python_version(), numba.__version__, llvmlite.binding.get_host_cpu_name())
    digest.update("|".join(machine).encode())
    for name, text in sorted(kernel_sources(_ROOT).items()):
        digest.update(f"\0{name}\0".encode())
        digest.update(text)
    return digest.hexdigest()


def kernel_sources(root: Path) -> dict[str, bytes]:
    """Every file that holds kernels, and whatever those import in turn (constants are compiled in)."""
    texts = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for package in _PACKAGES
        for path in (root / package).rglob("*.py")
    }
    found: dict[str, bytes] = {}
    waiting = [name for name, text in texts.items() if _MARK in text]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = texts[name]
        modules = _IMPORT.findall(texts[name].decode("utf-8", "replace"))
        waiting.extend({f"{module.replace('.', '/')}.py" for module in modules} & texts.keys())
    return found


def _can_be_made(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


class CheckedFiles:
    """The machine code of one kernel, a file a signature; numba's index and data files in one."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name

    def flush(self) -> None:
        """Forgets all signatures."""
        for path in self._folder.glob(f"{self._name}.*.nbc"):
            path.unlink(missing_ok=True)

    def save(self, key: object, data: object) -> None:
        """Writes under another name first, so that a reader never sees a half."""
        payload: bytes = caching.dumps((repr(key), data))
        handle, unfinished = tempfile.mkstemp(dir=self._folder, prefix="unfinished-")
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(payload).digest() + payload)
        Path(unfinished).replace(self._path(key))

    def load(self, key: object) -> object:
        """The machine code, or None where there is none that can be trusted."""
        try:
            content = self._path(key).read_bytes()
        except FileNotFoundError:
            return None
        payload = content[_DIGEST_BYTES:]
        if hashlib.sha256(payload).digest() != content[:_DIGEST_BYTES]:
            return None
        found, data = pickle.loads(payload)  # noqa: S301 - our own file, its digest just checked
        return data if found == repr(key) else None

    def _path(self, key: object) -> Path:
        digest = hashlib.blake2b(repr(key).encode(), digest_size=8).hexdigest()
        return self._folder / f"{self._name}.{digest}.nbc"


class Ready(caching.FunctionCache):  # type: ignore[misc]
    """Loads machine code without everything that only a compiler needs: that alone takes over a second."""

    def load_overload(self, signature: object, target_context: Any) -> object:
        """Machine code for a signature; where there is none, the compiler that follows is made ready."""
        nrt.rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            found = self._load_overload(signature, target_context)
        if found is None:
            target_context.refresh()
        return found


class KernelCache:
    """numba's cache of one kernel; it looks for its folder at the first compilation, not at import."""

    def __init__(self, rule: Callable[..., Any]) -> None:
        self._rule = rule
        self._opened: Any = None

    @property
    def cache_path(self) -> str | None:
        """The folder of the machine code, None if nothing can be kept."""
        path: str | None = self._cache.cache_path
        return path

    def load_overload(self, signature: object, target_context: object) -> object:
        """Machine code for a signature, or None; what cannot be used counts as none."""
        try:
            return self._cache.load_overload(signature, target_context)
        except _UNUSABLE:
            self.flush()
            return None

    def save_overload(self, signature: object, compiled: object) -> None:
        """Keeps machine code; a full disk costs only the next start's time."""
        try:
            self._cache.save_overload(signature, compiled)
        except OSError:
            self._opened = caching.NullCache()

    def flush(self) -> None:
        """Forgets this kernel's machine code."""
        try:
            self._cache.flush()
        except OSError:
            self._opened = caching.NullCache()

    @property
    def _cache(self) -> Any:
        if self._opened is None:
            self._opened = _open(self._rule)
        return self._opened


def _open(rule: Callable[..., Any]) -> Any:
    """numba's own cache over our folder and files, or one that keeps nothing."""
    folder = cache_folder()
    if not _can_be_made(folder):
        return caching.NullCache()
    config.CACHE_DIR = str(folder)
    try:
        opened = Ready(rule)
    except RuntimeError:
        return caching.NullCache()
    opened._cache_file = CheckedFiles(Path(opened.cache_path), opened._impl.filename_base)
    return opened
