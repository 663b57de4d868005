"""Docstrings: every public name has one, and its first line says what the thing is or does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATHS = [path for folder in ("seqjax", "experiments", "configs") for path in sorted((ROOT / folder).rglob("*.py"))]
PATHS = [path for path in PATHS if path.stat().st_size]  # without empty __init__.py
OPENINGS = ("What", "How", "Where", "Whether", "Who")

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def documented(path: Path) -> Iterator[tuple[str, Documented, bool]]:
    """Name, node, and whether it is public, of a module and of all classes and functions in it."""

    def walk(node: ast.AST, prefix: str, is_public: bool) -> Iterator[tuple[str, Documented, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                public = is_public and (not child.name.startswith("_") or child.name == "__call__")
                yield prefix + child.name, child, public
                # What is defined inside a function is not public.
                yield from walk(child, f"{prefix}{child.name}.", public and isinstance(child, ast.ClassDef))
            else:
                yield from walk(child, prefix, is_public)

    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield "the module", tree, True
    yield from walk(tree, "", not path.stem.startswith("_") or path.stem == "__init__")


def test_every_kind_of_name_is_seen(tmp_path):
    source = tmp_path / "module.py"
    source.write_text(
        '"""How."""\nclass A:\n    def b(self):\n        def c(): """Who."""\n    def _d(self): pass\n'
        "    def __call__(self): pass\n"
        "if True:\n    async def e(): pass\n"
    )
    seen = [(each, ast.get_docstring(node), public) for each, node, public in documented(source)]
    assert seen == [
        ("the module", "How.", True),
        ("A", None, True),
        ("A.b", None, True),
        ("A.b.c", "Who.", False),
        ("A._d", None, False),
        ("A.__call__", None, True),
        ("e", None, True),
    ]


def test_every_public_name_has_a_docstring():
    missing = [
        f"{name(path)}: {each}"
        for path in PATHS
        for each, node, is_public in documented(path)
        if is_public and not ast.get_docstring(node)
    ]
    assert missing == []


def test_no_docstring_opens_with_a_question_word():
    found = [
        f"{name(path)}: {each} opens with {text.split(' ')[0]!r}"
        for path in PATHS
        for each, node, _ in documented(path)
        if (text := ast.get_docstring(node)) and re.match(rf"({'|'.join(OPENINGS)})\b", text)
    ]
    assert found == []
