"""Subjects of the benchmark, one module for each library, imported only by the process that measures it.

A module has a function ``(case, arrays, subject) -> Measured`` for each kind of case that its subject has: ``layer``,
``stream``, ``decode`` or ``epoch``. The arrays are NumPy's. The weights of cell n, in the order of a seqjax layer's
carries (bottom layer first, forward before backward), are ``w_x_{n} [D, G]``, ``w_h_{n} [H, G]`` and ``b_{n} [G]``. The
gates have the order i, f, g, o or r, u, n. There is no second bias.
"""
