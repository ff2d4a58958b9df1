"""The tick store in JSON Lines: one tick an object, its numbers read digit by digit as they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec import Raw

from services.ingest.files.headers import ROLES, SYNONYMS, mapped
from services.ingest.files.options import ReadOptions
from services.ingest.files.source_csv import CsvReader
from services.ingest.files.source_text import Chunk, TextFile
from shared.failures import Refused
from shared.market import Instruments

MISFIT: Final = "no JSON object of a tick"
BESIDE: Final = ("delta", "profile", "session")
"""What a tick store may hold beside ticks: columns only if the first object has them."""
ALIASES: Final = {name.replace("_", ""): name for names in SYNONYMS.values() for name in names}
PRICE_KEYS: Final = ("price", "p", "level")
VOLUME_KEYS: Final = ("volume", "vol", "v", "size")
_DECODER: Final = msgspec.json.Decoder(dict[str, Raw])


def json_reader(text: TextFile, instruments: Instruments, options: ReadOptions) -> CsvReader:
    """A reader of objects: each becomes a line of fields, and lines are read as those of CSV are."""
    return CsvReader(JsonLines(text, options), instruments, msgspec.structs.replace(options, names={}))


class JsonLines:
    """A file of objects as lines of fields, with the names of the columns on top."""

    misfit = MISFIT

    def __init__(self, text: TextFile, options: ReadOptions) -> None:
        self.path, self.size = text.path, text.size
        self._text, self._options = text, options
        self._keys: Mapping[str, str] = {}

    @property
    def done(self) -> int:
        """Bytes of the file that have been read."""
        return self._text.done

    @property
    def notes(self) -> list[str]:
        """What was found out about the file."""
        return self._text.notes

    @property
    def cut(self) -> bool:
        """Whether the file breaks off inside its packing."""
        return self._text.cut

    def close(self) -> None:
        """Lets go of the file."""
        self._text.close()

    def chunks(self) -> Iterator[Chunk]:
        """Lines of fields; a line that holds no object becomes one that cannot be read."""
        named = False
        for chunk in self._text.chunks():
            if not named and chunk.text.lstrip().startswith(b"["):
                name = self.path.name
                raise Refused(f"{name} is one JSON array; wanted is an object a line: jq -c '.[]' {name}")
            lines = chunk.text.split(b"\n")
            if chunk.whole:
                lines.pop()
            objects = [_object(line) for line in lines]
            whole = chunk.whole or bool(objects and objects[-1])  # an object that can be read is not cut off
            end = b"\n" if whole and not chunk.long else b""
            if not named and (first := next((found for found in objects if found), None)):
                self._name(first)
                named = True
                yield Chunk("\t".join(self._keys).encode() + b"\n", head=True)
            made = b"\n".join(
                self._fields(found) if found else b"?" if line.strip() else b""
                for line, found in zip(lines, objects, strict=True)
            )
            yield chunk._replace(text=made + end if named else b"", whole=whole)
        if not named:
            raise Refused(f"{self.path.name} holds no line that is a JSON object")

    def _name(self, first: Mapping[str, Raw]) -> None:
        """Which key holds which column, told by the first object."""
        names = list(first)
        places = mapped([_plain(name) for name in names], self._options, self.path.name)
        self._keys = {
            ours: _plain(names[places[ours]]) if ours in places else ours
            for ours in ROLES
            if ours in places or ours not in BESIDE
        }

    def _fields(self, found: Mapping[str, Raw]) -> bytes:
        values = {_plain(name): value for name, value in found.items()}
        cells = []
        for ours, theirs in self._keys.items():
            raw = values.get(theirs)
            cells.append(b"" if raw is None else _profile(raw) if ours == "profile" else _cell(raw))
        return b"\t".join(cells)


def _object(line: bytes) -> dict[str, Raw] | None:
    try:
        return _DECODER.decode(line)
    except msgspec.MsgspecError:
        return None


def _plain(name: str) -> str:
    """`VolumeProfile`, `volumeProfile` and `volume_profile` are one name."""
    return ALIASES.get(name.strip().lower().replace("_", ""), name.strip().lower())


def _cell(raw: Raw) -> bytes:
    text = bytes(raw).strip()
    if text in (b"null", b'""'):
        return b""
    if text.startswith(b'"'):
        word: str = msgspec.json.decode(text, type=str)
        return word.replace("\t", " ").replace("\n", " ").replace("\r", " ").encode()
    return text.replace(b"\t", b" ")


def _profile(raw: Raw) -> bytes:
    """A profile as `price:volume|…`, however it was written: as such, as a map, as pairs, as objects."""
    text = bytes(raw).strip()
    if text.startswith(b"{"):
        levels = msgspec.json.decode(text, type=dict[str, Raw])
        return b"|".join(price.encode() + b":" + _cell(volume) for price, volume in levels.items())
    if not text.startswith(b"["):
        return _cell(raw)
    return b"|".join(_level(level) for level in msgspec.json.decode(text, type=list[Raw]))


def _level(raw: Raw) -> bytes:
    text = bytes(raw).strip()
    if text.startswith(b"["):
        pair = msgspec.json.decode(text, type=list[Raw])
        return b":".join(_cell(part) for part in pair)
    try:
        found = {
            name.lower(): value for name, value in msgspec.json.decode(text, type=dict[str, Raw]).items()
        }
    except msgspec.MsgspecError:
        return b"?"
    price = next((found[name] for name in PRICE_KEYS if name in found), None)
    volume = next((found[name] for name in VOLUME_KEYS if name in found), None)
    return b"?" if price is None or volume is None else _cell(price) + b":" + _cell(volume)
