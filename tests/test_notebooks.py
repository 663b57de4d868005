"""Every notebook runs from its first cell to its last."""

from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from tests.experiments.commands import started

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))

# Matplotlib, imported already, did not hear of the kernel.
SHORT = "%matplotlib inline\nimport os\nos.environ['SEQJAX_SHORT'] = '1'"


class ForkedKernel(AsyncKernelManager):
    """Manages a kernel like any other, but that it starts with its imports done."""

    has_kernel = True

    async def shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:
        client = self.blocking_client()
        client.start_channels(shell=False, iopub=False, stdin=False, hb=False)
        client.shutdown(reply=True, timeout=60)
        client.stop_channels()


# The client reads sockets that the kernel's end leaves open for the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("form", ["short", pytest.param("full", marks=pytest.mark.slow)])
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path, form, monkeypatch):
    """In the short form it trains for a few steps only, and does not assert what takes training."""
    monkeypatch.delenv("SEQJAX_SHORT", raising=False)
    notebook = nbformat.read(path, as_version=4)
    options = {"timeout": 300, "kernel_name": "python3", "resources": {"metadata": {"path": path.parent}}}
    if form == "short":
        notebook.cells.insert(0, nbformat.v4.new_code_cell(SHORT))
        kernel = ForkedKernel(owns_kernel=False)
        kernel.write_connection_file()
        with started("ipykernel_launcher", "-f", kernel.connection_file, cwd=path.parent):
            NotebookClient(notebook, kernel, **options).execute(cleanup_kc=True)
    else:
        NotebookClient(notebook, **options).execute()
    images = [
        output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs if "data" in output
    ]
    assert any("image/png" in output["data"] for output in images)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_kept_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.outputs for cell in notebook.cells if cell.cell_type == "code")
