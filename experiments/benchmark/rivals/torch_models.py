"""Decoding, the forecaster and the classifier in plain PyTorch."""

from typing import Any

import numpy as np
import torch

from experiments.benchmark.cases import Case
from experiments.benchmark.epochs import Epoch
from experiments.benchmark.rivals.measured import Arrays, Measured, cells_of
from experiments.benchmark.rivals.torch import load
from seqjax.tokens import BOS, EOS, PAD, UNK

F = torch.nn.functional


def decode(case: Case, arrays: Arrays, subject: str) -> Measured:
    """Greedy decoding, or a beam search whose hypotheses never end (as no row does here), with ``LSTMCell``."""
    rows, time, in_features, hidden_features = case.shape
    cell = torch.nn.LSTMCell(in_features, hidden_features)
    load(cell, {"": cells_of(arrays)[0]})
    c, h, embedding, w_out, b_out = (
        torch.from_numpy(arrays[name]) for name in ("c", "h", "embedding", "w_out", "b_out")
    )
    beam = 1 if case.cell.endswith("greedy") else int(case.cell.split()[-1])

    def step(token: Any, carry: Any) -> tuple[Any, Any]:
        carry = cell(embedding[token], carry)
        logits = carry[0] @ w_out + b_out
        logits[:, [PAD, BOS]] = -torch.inf
        return torch.log_softmax(logits, dim=-1), carry

    def greedy() -> tuple[Any, Any]:
        token, carry, tokens = torch.full((rows,), BOS), (h, c), []
        scores, is_done = torch.zeros(rows), torch.zeros(rows, dtype=torch.bool)
        for _ in range(time):
            log_probs, carry = step(token, carry)
            best, token = log_probs.max(dim=-1)
            token = torch.where(is_done, PAD, token)
            scores = scores + torch.where(is_done, 0, best)
            tokens.append(token)
            is_done = is_done | (token == EOS)
            if is_done.all():
                break
        return torch.stack(tokens, dim=1), scores

    def beams() -> tuple[Any, Any]:
        first = torch.arange(rows)[:, None] * beam
        scores = torch.full((rows, beam), -torch.inf)
        scores[:, 0] = 0
        token = torch.full((rows * beam,), BOS)
        carry = tuple(leaf.repeat_interleave(beam, dim=0) for leaf in (h, c))
        tokens = torch.zeros((rows * beam, 0), dtype=torch.long)
        for _ in range(time):
            log_probs, carry = step(token, carry)
            totals = scores[:, :, None] + log_probs.reshape(rows, beam, -1)
            scores, index = totals.reshape(rows, -1).topk(beam)
            parent = (first + index // log_probs.shape[-1]).reshape(-1)
            token = (index % log_probs.shape[-1]).reshape(-1)
            carry = tuple(leaf[parent] for leaf in carry)
            tokens = torch.cat([tokens[parent], token[:, None]], dim=1)
        return tokens.reshape(rows, beam, -1)[:, 0], scores[:, 0]

    def call() -> tuple[Any, Any]:
        with torch.no_grad():
            return greedy() if beam == 1 else beams()

    def numbers() -> dict[str, np.ndarray]:
        return {name: value.float().numpy() for name, value in zip(("tokens", "scores"), call(), strict=True)}

    return Measured(call, numbers)


def epoch(case: Case, arrays: Arrays, subject: str) -> Measured:
    """Steps of AdamW over the batches in their order; the second biases of the LSTM stay 0."""
    given = Epoch(arrays)
    options, config = given.config["optimizer"], given.config["model"]
    is_forecaster = given.config["task"] == "forecasting"
    modules = (_forecaster_modules if is_forecaster else _classifier_modules)(given)
    batches = [tuple(map(torch.from_numpy, batch)) for batch in given.batches]
    params = [param for param in modules.parameters() if param.requires_grad]
    groups = [
        {"params": [param for param in params if param.ndim > 1], "weight_decay": options["weight_decay"]},
        {"params": [param for param in params if param.ndim == 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=options["learning_rate"])
    output, loss = (_forecast, _pinball) if is_forecaster else (_classify, _cross_entropy)
    mean = torch.zeros(())

    def call() -> Any:
        nonlocal mean
        modules.train()
        total = torch.zeros(())
        for batch in batches:
            optimizer.zero_grad(set_to_none=True)
            value = loss(output(modules, batch, config), batch, config)
            value.backward()
            torch.nn.utils.clip_grad_norm_(params, options["clip_norm"])
            optimizer.step()
            total = total + value.detach()
        mean = total / len(batches)
        return mean

    modules.eval()
    with torch.no_grad():
        before = output(modules, batches[0], config)
        first = {"output": before.numpy(), "loss": loss(before, batches[0], config).numpy()}
    count = sum(param.numel() for param in params)
    return Measured(call, lambda: first, report=lambda: {"loss": float(mean), "parameters": count})


def _forecast(modules: Any, batch: Any, config: Any) -> Any:
    """:class:`seqjax.models.forecaster.RecurrentForecaster` in PyTorch, ``[B, N, M, Q]``."""
    inputs, known, targets, _ = batch
    rows, time, width = inputs.shape
    horizon, count, rate = known.shape[1], targets.shape[2], config["dropout"]
    y, _ = modules["encoder"](inputs.reshape(rows, time // config["block"], config["block"] * width))
    context = F.dropout(y[:, -1], rate, modules.training)
    series = inputs[:, :, :count]
    past = [series[:, time - season + torch.arange(horizon) % season] for season in config["seasons"]]
    baseline = past[0] + modules["linear"](series[:, -config["linear_rows"] :].transpose(1, 2)).transpose(1, 2)
    features = modules["from_context"](context)[:, None] + modules["embed_step"].weight
    features = features + modules["extra_inputs"](torch.cat([known, *past], dim=-1))
    features = F.dropout(F.relu(features), rate, modules.training)
    raw = modules["output"](F.relu(modules["hidden"](features))).reshape(rows, horizon, count, -1)
    middle, gaps = raw.shape[-1] // 2, F.softplus(raw)
    below = -gaps[..., :middle].flip(-1).cumsum(-1).flip(-1)
    above = gaps[..., middle + 1 :].cumsum(-1)
    spread = torch.cat([below, torch.zeros_like(raw[..., :1]), above], dim=-1)
    return raw[..., middle : middle + 1] + spread + baseline[..., None]


def _pinball(forecast: Any, batch: Any, config: Any) -> Any:
    _, _, targets, weights = batch
    levels = torch.tensor(config["quantiles"])
    error = targets[..., None] - forecast
    loss = 2 * torch.maximum(levels * error, (levels - 1) * error).mean(-1)
    return (loss * weights).sum() / weights.sum().clamp(min=1)


def _classify(modules: Any, batch: Any, config: Any) -> Any:
    """:class:`seqjax.models.classifier.RecurrentClassifier` with mean pooling in PyTorch, ``[B, C]``."""
    ids, lengths, _, _ = batch
    is_training = modules.training
    if is_training:
        ids = torch.where(torch.rand(ids.shape) < config["word_dropout"], UNK, ids)
    x = F.dropout(modules["embed"](ids), config["embed_dropout"], is_training)
    # An empty row, which fills up a batch with weight 0, cannot be packed.
    lengths = lengths.clamp(min=1)
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    y, _ = torch.nn.utils.rnn.pad_packed_sequence(modules["encoder"](packed)[0], batch_first=True)
    pooled = y.sum(dim=1) / lengths[:, None]
    return modules["output"](F.dropout(pooled, config["output_dropout"], is_training))


def _cross_entropy(logits: Any, batch: Any, config: Any) -> Any:
    _, _, labels, weights = batch
    return (F.cross_entropy(logits, labels.long(), reduction="none") * weights).sum() / weights.sum().clamp(min=1)


def _forecaster_modules(given: Epoch) -> Any:
    names = {"from_context": True, "extra_inputs": False, "hidden": True, "output": True, "linear": False}
    modules = {name: _linear(given, f"head.{name}", has_bias) for name, has_bias in names.items()}
    step = torch.nn.Embedding.from_pretrained(torch.tensor(given.params["head.embed_step.embedding"]), freeze=False)
    return torch.nn.ModuleDict({**modules, "embed_step": step, "encoder": _lstm(given, ("forward",))})


def _classifier_modules(given: Epoch) -> Any:
    table = torch.tensor(given.params["embed.table.embedding"])
    return torch.nn.ModuleDict(
        {
            "embed": torch.nn.Embedding.from_pretrained(table, freeze=False),
            "encoder": _lstm(given, ("forward", "backward")),
            "output": _linear(given, "output", True),
        }
    )


def _lstm(given: Epoch, directions: tuple[str, ...]) -> Any:
    cells = {
        f"_l0{'_reverse' * (direction == 'backward')}": {
            name: given.params[f"encoder.{direction}.0.{name}"] for name in ("w_x", "w_h", "b")
        }
        for direction in directions
    }
    in_features, gates = cells["_l0"]["w_x"].shape
    module = torch.nn.LSTM(in_features, gates // 4, batch_first=True, bidirectional=len(directions) == 2)
    load(module, cells)
    for name, param in module.named_parameters():
        param.requires_grad_(not name.startswith("bias_hh"))
    return module


def _linear(given: Epoch, name: str, has_bias: bool) -> Any:
    kernel = given.params[f"{name}.kernel"]
    module = torch.nn.Linear(*kernel.shape, bias=has_bias)
    state = {"weight": torch.tensor(kernel.T)}
    if has_bias:
        state["bias"] = torch.tensor(given.params[f"{name}.bias"])
    module.load_state_dict(state)
    return module
