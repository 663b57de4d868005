"""The recurrences once more, from the papers' equations: plain loops over rows and steps, in float64.

Nothing here comes from seqjax; parameters are passed by name.
"""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def elman_step(p, carry, x, activation=np.tanh):
    h = activation(x @ p["w_x"] + carry["h"] @ p["w_h"] + p["b"])
    return {"h": h}, h


def lstm_step(p, carry, x):
    width = len(carry["c"])
    w_x, w_h, b = p["w_x"], p["w_h"], p["b"]

    def gate(k):
        block = slice(k * width, (k + 1) * width)
        return x @ w_x[:, block] + carry["h"] @ w_h[:, block] + b[block]

    i, f, g, o = sigmoid(gate(0)), sigmoid(gate(1)), np.tanh(gate(2)), sigmoid(gate(3))
    c = f * carry["c"] + i * g
    h = o * np.tanh(c)
    return {"c": c, "h": h}, h


def gru_step(p, carry, x):
    width = len(carry["h"])
    old = carry["h"]

    def from_input(k):
        block = slice(k * width, (k + 1) * width)
        return x @ p["w_x"][:, block] + p["b"][block]

    def from_carry(k, h):
        return h @ p["w_h"][:, k * width : (k + 1) * width]

    r = sigmoid(from_input(0) + from_carry(0, old))
    u = sigmoid(from_input(1) + from_carry(1, old))
    n = np.tanh(from_input(2) + r * (from_carry(2, old) + p["b_h"]))
    h = (1 - u) * n + u * old
    return {"h": h}, h


STEPS = {"elman": elman_step, "lstm": lstm_step, "gru": gru_step}


def run(step, params, carry, xs, mask=None, reset=None, reverse=False, initial=None):
    """One direction over ``xs [B, T, D]``, row by row and step by step; carry by name, leaves [B, H].

    A reset is read as it is meant: a row is cut into sequences at its starts, and each runs by itself.
    """
    batch, time, _ = xs.shape
    initial = initial or {name: np.zeros_like(leaf[0]) for name, leaf in carry.items()}
    rows, ys = [], {}
    for row in range(batch):
        real = [t for t in range(time) if mask is None or mask[row, t]]
        sequences = [[]]
        for t in real:
            if reset is not None and reset[row, t]:
                sequences.append([])
            sequences[-1].append(t)
        if reverse:
            sequences = [sequence[::-1] for sequence in sequences[::-1]]
        state = {name: leaf[row] for name, leaf in carry.items()}
        fresh = True
        for sequence in sequences:
            if not sequence:
                continue
            starts_anew = not fresh or (not reverse and reset is not None and reset[row, sequence[0]])
            if starts_anew:
                state = dict(initial)
            fresh = False
            for t in sequence:
                state, ys[row, t] = step(params, state, xs[row, t])
        rows.append(state)
    width = len(next(iter(ys.values()))) if ys else len(rows[0]["h"])
    y = np.zeros((batch, time, width))
    for place, value in ys.items():
        y[place] = value
    return {name: np.stack([state[name] for state in rows]) for name in carry}, y
