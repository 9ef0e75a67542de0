"""SECURITY.md is written from tests/sharers.py, and every test that it names exists."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from sharers import TABLES, document

ROOT = Path(__file__).parents[2]
TESTS = sorted({row.test for rows in TABLES.values() for row in rows})


def test_the_page_is_up_to_date() -> None:
    """To write it: python tests/sharers.py"""
    assert (ROOT / "SECURITY.md").read_text(encoding="utf-8") == document()


@pytest.mark.parametrize("test", TESTS)
def test_a_test_that_the_page_names_is_there(test: str) -> None:
    file, name = test.split("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
