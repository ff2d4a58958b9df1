"""From a member's file to its checked arrays: which parser reads which kind."""

from __future__ import annotations

from services.inference import catboost_cbm, lightgbm_text, parts, plain, xgboost_ubj
from services.inference.manifest import Member
from services.inference.parts import Part
from shared.failures import Refused


def read(member: Member, content: bytes, names: tuple[str, ...]) -> Part:
    """What the file holds, or one line why it is not a model of these features."""
    try:
        part = _parse(member.kind, content, len(names))
    except Refused as refusal:
        raise Refused(f"member {member.name}: {refusal}") from None
    if part.width != len(names):
        raise Refused(f"member {member.name} reads {part.width} features, its manifest says {len(names)}")
    parts.check_names(part.names, names, f"member {member.name}")
    return part


def _parse(kind: str, content: bytes, width: int) -> Part:
    if kind == "lightgbm":
        return lightgbm_text.parse(content)
    if kind == "xgboost":
        return xgboost_ubj.parse(content)
    if kind == "catboost":
        return catboost_cbm.parse(content, width)
    if kind == "forest":
        return plain.forest(content, width)
    if kind == "linear":
        return plain.linear(content)
    raise Refused(f"kind {kind} cannot be read")
