"""onnxruntime beside us, one thread: each member as a graph of its own, made from the same arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.feature_peers import module
from services.inference import parts
from services.inference.parts import ALL, OUTPUTS, Oblivious, Part, Trees

Singles = npt.NDArray[np.float32]
Run = Callable[[Singles], Any]


def sessions(members: list[Part]) -> list[Run] | None:
    """A call for each member that has trees, or None where onnxruntime is not installed."""
    if module("onnx") is None or module("onnxruntime") is None:
        return None
    trees = [parts.unfolded(part) if isinstance(part, Oblivious) else part for part in members]
    return [session(part) for part in trees if isinstance(part, Trees)]


def session(trees: Trees) -> Run:
    """A call that returns probabilities and nothing else."""
    onnx, runtime = module("onnx"), module("onnxruntime")
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    node = helper.make_node(
        "TreeEnsembleClassifier",
        ["rows"],
        ["label", "probabilities"],
        domain="ai.onnx.ml",
        post_transform="NONE" if trees.averaged else "SOFTMAX",
        classlabels_int64s=list(range(OUTPUTS)),
        base_values=trees.base.tolist(),
        **_nodes(trees),
        **_leaves(trees),
    )
    inputs = [helper.make_tensor_value_info("rows", floats, [None, trees.width])]
    outputs = [helper.make_tensor_value_info("probabilities", floats, [None, OUTPUTS])]
    graph = helper.make_graph([node], "member", inputs, outputs)
    opsets = [helper.make_opsetid("ai.onnx.ml", 3), helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    made = runtime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda rows: made.run(["probabilities"], {"rows": rows})[0]


def _nodes(trees: Trees) -> dict[str, Any]:
    """Every node by tree and by its place in the tree."""
    owner, first = _owners(trees)
    inner = trees.feature >= 0
    return {
        "nodes_treeids": owner.tolist(),
        "nodes_nodeids": (np.arange(len(owner)) - first).tolist(),
        "nodes_featureids": np.maximum(trees.feature, 0).tolist(),
        "nodes_values": np.where(inner, trees.threshold, 0.0).astype(float).tolist(),
        "nodes_modes": np.where(inner, "BRANCH_LEQ", "LEAF").tolist(),
        "nodes_truenodeids": np.where(inner, trees.left - first, 0).tolist(),
        "nodes_falsenodeids": np.where(inner, trees.right - first, 0).tolist(),
        "nodes_missing_value_tracks_true": np.where(inner & ~trees.nan_right, 1, 0).tolist(),
    }


def _leaves(trees: Trees) -> dict[str, Any]:
    """Every value of every leaf."""
    owner, first = _owners(trees)
    leaves = np.flatnonzero(trees.feature < 0)
    vector = trees.outputs[0] == ALL
    each = OUTPUTS if vector else 1
    classes = np.tile(np.arange(OUTPUTS), len(leaves)) if vector else trees.outputs[owner[leaves]]
    values = trees.values[leaves].ravel() / (len(trees.roots) if trees.averaged else 1)
    return {
        "class_treeids": np.repeat(owner[leaves], each).tolist(),
        "class_nodeids": np.repeat(leaves - first[leaves], each).tolist(),
        "class_ids": classes.tolist(),
        "class_weights": values.astype(float).tolist(),
    }


def _owners(trees: Trees) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The tree of every node, and where that tree begins: trees lie one behind the other."""
    counts = np.diff([*trees.roots.tolist(), len(trees.feature)])
    return np.repeat(np.arange(len(counts)), counts), np.repeat(trees.roots.astype(np.int64), counts)
