"""The recurrences in NumPy, from the papers' equations: plain loops over rows and steps, in float64.

Nothing here comes from seqjax; parameters are passed by name.
"""

from functools import partial

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def elman_step(p, carry, x, activation=np.tanh):
    h = activation(x @ p["w_x"] + carry["h"] @ p["w_h"] + p.get("b", 0.0))
    return {"h": h}, h


def norm(x, gain, bias=0.0):
    return (x - x.mean()) / np.sqrt(x.var() + 1e-5) * gain + bias


def lstm_step(p, carry, x):
    """Gers et al. (2000) with every option; parameters of options that are off are absent from p."""
    c, h = carry["c"], carry["h"]
    width = len(c)
    coupled = p["w_x"].shape[1] == 3 * width
    of_x, of_h = x @ p["w_x"], h @ p["w_h"]
    if "gain_x" in p:
        of_x, of_h = norm(of_x, p["gain_x"]), norm(of_h, p["gain_h"])
    gates = of_x + of_h + p.get("b", 0.0)
    names = "fgo" if coupled else "ifgo"
    i, f, g, o = (gates[names.index(k) * width :][:width] if k in names else None for k in "ifgo")
    f = sigmoid(f + p.get("p_f", 0.0) * c)
    i = 1 - f if coupled else sigmoid(i + p.get("p_i", 0.0) * c)
    c = f * c + i * np.tanh(g)
    o = sigmoid(o + p.get("p_o", 0.0) * c)
    h = o * np.tanh(norm(c, p["gain_c"], p["bias_c"]) if "gain_c" in p else c)
    if "w_r" in p:
        h = h @ p["w_r"]
    return {"c": c, "h": h}, h


def sclstm_step(p, carry, x):
    """Wen et al. (2015), equations 1 to 8, with biases."""
    c, h, d = carry["c"], carry["h"], carry["d"]
    width = len(c)
    gates = x @ p["w_x"] + h @ p["w_h"] + p["b"]
    i, f, g, o = (gates[k * width :][:width] for k in range(4))
    d = sigmoid(gates[4 * width :]) * d
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g) + np.tanh(d @ p["w_d"])
    h = sigmoid(o) * np.tanh(c)
    return {"c": c, "h": h, "d": d}, h


def gru_step(p, carry, x, reset_after=True):
    h = carry["h"]
    width = len(h)
    b = p.get("b", np.zeros(3 * width))
    (x_r, x_u, x_n), (w_r, w_u, w_n) = np.split(x @ p["w_x"] + b, 3), np.split(p["w_h"], 3, axis=1)
    r = sigmoid(x_r + h @ w_r)
    u = sigmoid(x_u + h @ w_u)
    n = np.tanh(x_n + r * (h @ w_n + p.get("b_h", 0.0)) if reset_after else x_n + (r * h) @ w_n)
    h = (1 - u) * n + u * h
    return {"h": h}, h


def linear_step(p, carry, x):
    h = sigmoid(p["decay"]) * carry["h"] + x @ p["w_x"] + p["b"]
    return {"h": h}, h


def mingru_step(p, carry, x):
    z, n = np.split(x @ p["w_x"] + p["b"], 2)
    h = (1 - sigmoid(z)) * carry["h"] + sigmoid(z) * n
    return {"h": h}, h


def minlstm_step(p, carry, x):
    i, f, g = np.split(x @ p["w_x"] + p["b"], 3)
    i, f = sigmoid(i), sigmoid(f)
    h = f / (f + i) * carry["h"] + i / (f + i) * g
    return {"h": h}, h


STEPS = {
    "elman": elman_step,
    "lstm": lstm_step,
    "gru": gru_step,
    "gru-before": partial(gru_step, reset_after=False),
    "linear": linear_step,
    "mingru": mingru_step,
    "minlstm": minlstm_step,
    "sclstm": sclstm_step,
}


def run(step, params, carry, xs, mask=None, reset=None, reverse=False, initial=None):
    """One direction over ``xs [B, T, D]``, row by row and step by step; carry by name, leaves [B, H].

    Resets are taken literally: each row is divided into sequences at its starts, and each sequence runs by itself.
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
