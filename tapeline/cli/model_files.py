"""`tapeline models import|export|verify|keys|trust`: models as files, and whose signature counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from shared.failures import Refused
from tapeline.cli.enrolled import COLUMNS, cells, enrolled, told
from tapeline.cli.model_groups import group_of
from tapeline.cli.models import Name, Why, found_in, opened
from tapeline.cli.options import AsJson, Config, Data, Db
from tapeline.cli.outcome import FAILED, DataMissing, Unreachable, give
from tapeline.cli.progress import counted
from tapeline.cli.session import Session, session

Folder = Annotated[Path, typer.Argument(help="A folder with a manifest and what it names.")]


def bring(
    folder: Folder,
    sign: Annotated[bool, typer.Option("--sign", help="You vouch for it: sign it yourself.")] = False,
    why: Why = "", data: Data = None, db: Db = None, config: Config = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Register a model, or each of a set: a child opens it first; it becomes a candidate and nothing more."""
    from research.registering import brought, kept
    from services.inference.source_sealed import folders_of
    from tapeline.cli.tables import show

    made = session(config, data=data, db=db)
    if not folder.is_dir():
        raise DataMissing(f"no folder {folder}; `tapeline train` makes one")
    keys = made.settings.inference.public_keys
    take = partial(kept, data=made.data) if sign else partial(brought, data=made.data, more_keys=keys)
    done, said = enrolled(made, folders_of(folder), take, why)
    if len(done) == 1 and done[0].row is None:
        raise Refused(done[0].refusal)
    results = [told(one) for one in done]

    def shown() -> None:
        show(COLUMNS, [cells(one) for one in done], empty="")
        for line in said:
            typer.echo(line)

    give(results[0] if len(results) == 1 else results, as_json=as_json, show=shown)
    if any(one.row is None for one in done):
        raise typer.Exit(FAILED)


def hand_out(
    name: Name, folder: Folder, data: Data = None, db: Db = None, config: Config = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Write a model, signature and all, into a new folder."""
    from shared.models.keys import trusted_keys
    from shared.models.seal import open_sealed
    from shared.models.vault import write_out

    made = session(config, data=data, db=db)
    trusted = trusted_keys(made.data, made.settings.inference.public_keys)
    sealed = open_sealed(folder_of(made, name), trusted)
    write_out(sealed, folder.absolute())
    told = {"address": sealed.address, "folder": str(folder), "files": sorted(sealed.files)}
    give(told, as_json=as_json, show=lambda: typer.echo(f"{sealed.address} lies in {folder}"))


def sign_set(
    folder: Folder,
    target: Annotated[Path, typer.Argument(help="A new folder.")],
    data: Data = None, db: Db = None, config: Config = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Sign a set of models, a folder a sector and horizon, into a new folder that a run may name."""
    from shared.models.keys import signing_key
    from shared.models.seal import MANIFEST, vouch
    from shared.models.vault import write_out

    made = session(config, data=data, db=db)
    below = sorted(file.parent.relative_to(folder) for file in folder.glob(f"*/*/{MANIFEST}"))
    if not below:
        raise DataMissing(f"no models below {folder}; `tapeline train` makes a set")
    for each in below:
        write_out(vouch(folder / each, signing_key(made.data)), target.absolute() / each)
    told = {"folder": str(target), "models": [str(each) for each in below]}
    give(told, as_json=as_json, show=lambda: typer.echo(f"{len(below)} signed models lie in {target}"))


def verify(
    names: Annotated[
        list[str],
        typer.Argument(help="Models of the registry, patterns such as 'energy-*', addresses, or folders."),
    ],
    data: Data = None, db: Db = None, config: Config = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Check signature and hashes, then let a child process open the model and answer its reference rows."""
    from shared.models.keys import trusted_keys

    made = session(config, data=data, db=db)
    trusted = trusted_keys(made.data, made.settings.inference.public_keys)
    places = [place for name in names for place in places_of(made, name)]
    results = [_verified(place, trusted) for place in counted(iter(places), len(places), "opening")]

    def shown() -> None:
        for one in results:
            ok = "is whole, and answers as it did when trained"
            typer.echo(f"{one['name']} {ok}; signed by {one['key']}." if one["ok"] else str(one["refusal"]))

    if len(results) == 1 and not results[0]["ok"]:
        raise Refused(str(results[0]["refusal"]))
    give(results[0] if len(results) == 1 else results, as_json=as_json, show=shown)
    if not all(one["ok"] for one in results):
        raise typer.Exit(FAILED)


def _verified(place: Path, trusted: frozenset[str]) -> dict[str, object]:
    from services.inference.manifest import decode
    from services.inference.source_trial import tried
    from services.inference.trial import Task
    from shared.models.seal import open_sealed

    try:
        sealed = open_sealed(place, trusted)
        tried(Task(folder=str(place.absolute()), trusted=tuple(sorted(trusted))))
    except Refused as refusal:
        return {"ok": False, "folder": str(place), "refusal": str(refusal)}
    name = decode(sealed.manifest).name
    return {
        "name": name,
        "address": sealed.address,
        "key": sealed.key,
        "files": sorted(sealed.files),
        "ok": True,
    }


def keys(data: Data = None, db: Db = None, config: Config = None, as_json: AsJson = False) -> None:
    """Show the key that this data folder signs with, and every key that it trusts."""
    from shared.models.keys import public_key, signing_key, trusted_keys

    made = session(config, data=data, db=db)
    own = public_key(signing_key(made.data))
    trusted = sorted(trusted_keys(made.data, made.settings.inference.public_keys) - {own})
    give(
        {"own": own, "trusted": trusted},
        as_json=as_json,
        show=lambda: typer.echo("\n".join([f"own      {own}", *(f"trusted  {key}" for key in trusted)])),
    )


def trust(
    key: Annotated[str, typer.Argument(help="A public key, 64 hexadecimal digits.")],
    whose: Annotated[str, typer.Argument(help="Whose it is.")] = "",
    data: Data = None, db: Db = None, config: Config = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Trust what somebody else has signed."""
    from shared.models.keys import trust as trust_key

    trust_key(session(config, data=data, db=db).data, key, whose)
    give({"trusted": key}, as_json=as_json, show=lambda: typer.echo(f"Models signed with {key} are trusted."))


def folder_of(made: Session, name: str) -> Path:
    """Where a model lies: a folder itself, an address, or a name that the record knows."""
    from shared.models.vault import ADDRESS, place_of

    if Path(name).is_dir():
        return Path(name)
    if ADDRESS.fullmatch(name):
        return place_of(made.data, name)
    try:
        with opened(made) as store:
            return place_of(made.data, found_in(store, name).address)
    except Unreachable as error:
        raise DataMissing(f"{error}; without a record a model is named by its whole address") from None


def places_of(made: Session, name: str) -> list[Path]:
    """Where the models lie that a name or a pattern means."""
    from shared.models.vault import place_of

    if "*" not in name:
        return [folder_of(made, name)]
    with opened(made) as store:
        return [place_of(made.data, row.address) for row in group_of(store, [name])]


VERBS: Final[Mapping[str, Callable[..., None]]] = {
    "import": bring,
    "export": hand_out,
    "sign": sign_set,
    "verify": verify,
    "keys": keys,
    "trust": trust,
}
"""Verbs of `tapeline models` beside the moves."""
