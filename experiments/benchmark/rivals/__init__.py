"""Subjects of the benchmark, one module each, imported by the process that measures it and by no other.

A module has a function for each kind of case that its subject takes part in, ``layer``, ``stream``, ``decode`` or
``epoch``, of the form ``(case, arrays, subject) -> Measured``. The arrays are NumPy's. Weights of cell n, counted in
the order of a seqjax layer's carries (bottom layer first, forward before backward), are ``w_x_{n} [D, G]``,
``w_h_{n} [H, G]`` and ``b_{n} [G]``, gates in the order i, f, g, o or r, u, n. There is no second bias.
"""
