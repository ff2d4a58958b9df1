"""`python -m bench.inference_memory FOLDER`: what a worker takes that holds a model a sector and horizon."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from services.inference import manifest as manifests
from services.inference.source_sealed import sealed_processor
from shared.market import SECTORS, Instrument, Instruments
from shared.models.keys import signing_key, trusted_keys
from shared.models.seal import MANIFEST, SIGNATURE, vouch
from shared.streams import FEATURES

HORIZONS: Final = (1, 2, 5)
DAY_NS: Final = 86_400_000_000_000


def write_sets(folder: Path, manifest: manifests.Manifest, files: dict[str, bytes]) -> None:
    """The same model for every sector and horizon, under manifests of their own."""
    for sector in SECTORS:
        for days in HORIZONS:
            below = folder / sector / f"{days}d"
            below.mkdir(parents=True)
            mine = msgspec.structs.replace(manifest, sector=sector, horizon_ns=days * DAY_NS)
            (below / MANIFEST).write_bytes(manifests.encode(mine))
            for name, content in files.items():
                (below / name).write_bytes(content)
            (below / SIGNATURE).write_bytes(vouch(below, signing_key(folder)).signature)


def main() -> int:
    """Loads every set, answers a row of each sector, and prints the proportional memory in megabytes."""
    rows = enumerate(SECTORS, 1)
    instruments = Instruments(Instrument(instrument=i, symbol=f"S{i}", sector=name) for i, name in rows)
    folder = Path(sys.argv[1])
    processor = sealed_processor(folder, instruments, trusted_keys(folder))
    about = manifests.decode((folder / SECTORS[0] / f"{HORIZONS[0]}d" / MANIFEST).read_bytes())
    count = len(SECTORS)
    columns = {
        "event_time_ns": np.ones(count, np.int64),
        "instrument": np.arange(1, count + 1, dtype=np.int32),
        "spec": np.full(count, about.spec),
        "values": np.array([about.reference[0].values] * count),
    }
    (answered,) = processor.handle(FEATURES.block(columns, watermark_ns=1))
    if len(answered) != count * len(HORIZONS):
        raise RuntimeError(f"{len(answered)} answers from {count} sectors")
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="utf-8").splitlines()
    print(next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024)
    return 0


if __name__ == "__main__":
    sys.exit(main())
