"""Writes ``torch.npz``: PyTorch's numbers in float64 for thirty small settings, for machines without PyTorch.

Run it from the project's root, with PyTorch installed: ``python tests/golden/make.py``. The file holds PyTorch's
results alone; the test draws inputs and weights again from the seed.
"""

import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
sys.path[:0] = [str(FOLDER.parent), str(FOLDER.parents[1])]


def main() -> None:
    import torch
    from torch_oracle import draw_problem, golden_settings, torch_numbers

    arrays = {}
    for number, setting in enumerate(golden_settings()):
        numbers = torch_numbers(setting, draw_problem(setting, seed=number), "float64")
        arrays |= {
            f"{number}/y": numbers.y,
            f"{number}/d_x": numbers.d_x,
            **{f"{number}/carry/{name}": value for name, value in numbers.carry.items()},
            **{f"{number}/d_carry/{name}": value for name, value in numbers.d_carry.items()},
            **{f"{number}/d_weights/{name}": value for name, value in numbers.d_weights.items()},
        }
    np.savez_compressed(FOLDER / "torch.npz", **arrays, version=np.array(torch.__version__.split("+")[0]))


if __name__ == "__main__":
    main()
