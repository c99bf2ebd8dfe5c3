"""A text becomes plain values with places, or faults; never an exception."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepatica.document.text import read_tree


def messages(text: str) -> list[str]:
    return [str(fault) for fault in read_tree(text).faults]


def test_values_remember_the_line_and_column_of_their_key_and_of_themselves() -> None:
    tree = read_tree("a: 1\nb:\n  - x\n  - y: 2.5\n")
    assert tree.root == {"a": 1, "b": ("x", {"y": 2.5})}
    assert tree.keys[("b", 1, "y")] == (4, 5)
    assert tree.values[("b", 1, "y")] == (4, 8)
    assert tree.faults == []


def test_yaml_1_2_has_no_surprising_truths_and_dates_stay_text() -> None:
    tree = read_tree("a: no\nb: on\nc: 2009-04-01\nd: true\ne: null\nf: 6e1\n")
    assert tree.root == {"a": "no", "b": "on", "c": "2009-04-01", "d": True, "e": None, "f": 60.0}


def test_a_key_given_twice_is_a_fault_at_its_second_place() -> None:
    assert messages("a: 1\nb: 2\na: 3\n") == [
        "line 3:1  a: a is given twice (first in line 1); keep one of them."
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1:1  the document is empty; it starts with keys such as name: and title:."),
        ("# only a remark\n", "line 1:1  the document is empty"),
        ("- a\n- b\n", "line 1:1  the document is not a block of keys"),
        ("\ta: 1\n", "line 1:1  this is not YAML: "),
        ("a: [1,\nb: 2\n", "this is not YAML: while parsing a flow sequence"),
        ("a: 1\n---\nb: 2\n", "line 2:1  this is not YAML: expected a single document"),
        ("a: \x07\n", "line 1:1  this is not YAML: unacceptable character"),
        ("a: &x 1\nb: *x\n", "line 1:4  b: anchors and aliases (& and *) are not read here"),
        ("a: &r [*r]\n", "a[1]: anchors and aliases"),
        ("a: !!python/object x\n", "line 1:4  a: the tag !python/object is not read here"),
        ("a: !mine {b: 1}\n", "a: the tag !!mine is not read here"),
        ("a: !!int six\n", "line 1:4  a: cannot be read: invalid literal"),
        ("? [1, 2]\n: 3\n", "line 1:3  a key is a single word, not a list or a block."),
        ("a: " + "[" * 60 + "]" * 60, "blocks are nested more than 40 deep"),
        ("a: " + "[" * 600, "this is not YAML: maximum recursion depth exceeded"),
    ],
)
def test_a_text_that_cannot_be_read_says_where_and_why(text: str, message: str) -> None:
    found = messages(text)
    assert found
    assert any(message in one for one in found), found


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab:-[]{}&*!|>#'\" \n\t%?01.", max_size=40))
def test_no_text_whatever_makes_the_reader_stumble(text: str) -> None:
    tree = read_tree(text)
    assert tree.root is None or isinstance(tree.root, dict)
    assert tree.root is not None or tree.faults
