"""How alike names are."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from qbsync.model.likeness import Alike, Grade, likeness

PAIRS = [
    ("Acme Concrete", "Acme Concrete", Grade.SAME),
    ("Acme Concrete", "ACME concrete", Grade.CASE),
    ("O'Neil & Sons", "ONeil and Sons", Grade.PUNCTUATION),
    ("Bay-Line Supply", "Bayline Supply", Grade.PUNCTUATION),
    ("M\u00fcller Bau", "Muller Bau", Grade.PUNCTUATION),
    ("Acme Concrete, Inc.", "Acme Concrete", Grade.FORM),
    ("Acme Concrete LLC", "Acme Concrete Ltd.", Grade.FORM),
    ("Smith, John", "John Smith", Grade.ORDER),
    ("Bayline Suply Co.", "Bayline Supply", Grade.LETTERS),
    ("Harbour View Clinic", "Harbor View Clinic", Grade.LETTERS),
    ("Harbor Veiw Clinic", "Harbor View Clinic", Grade.LETTERS),
]
APART = [
    ("Unit 12 Framing", "Unit 13 Framing"),
    ("Ace", "Ade"),
    ("Acme Concrete", "Acme Roofing"),
    ("Inc", "LLC"),
    ("", "Acme"),
    ("...", "!!!"),
    ("Bay Framing", "Hay Farmers"),
]
names = st.text(alphabet="abcAB 12'&.-,\u00fc", max_size=14) | st.sampled_from(
    [name for left, right, _ in PAIRS for name in (left, right)]
)


@pytest.mark.parametrize(("left", "right", "grade"), PAIRS)
def test_names_are_alike_for_a_reason(left, right, grade):
    """Each pair is alike by its grade, whichever comes first, and the reason is words."""
    found, turned = likeness(left, right), likeness(right, left)
    assert found == turned
    assert found.grade is grade
    assert found.reason.startswith(("the same", "nearly the same"))
    assert grade.sure is (grade in (Grade.SAME, Grade.CASE))


@pytest.mark.parametrize(("left", "right"), APART)
def test_other_names_are_not_alike(left, right):
    """Another number, a short name or another word makes another name."""
    assert likeness(left, right) is None


@given(names, names)
def test_which_name_comes_first_does_not_matter(left, right):
    """Likeness is the same both ways, and every name is the same as itself."""
    assert likeness(left, right) == likeness(right, left)
    assert likeness(left, left).grade is Grade.SAME


@given(st.lists(names, max_size=12), names)
def test_a_search_finds_what_a_comparison_of_all_would(held, wanted):
    """Nothing found is unlike; of what is alike only letter-by-letter likeness may be passed over."""
    things = [(name, [name]) for name in held]
    found = {id(thing): seen for thing, seen in Alike(things).like(wanted)}
    for name, thing in things:
        expected = likeness(wanted, name)
        if expected is None or expected.grade is not Grade.LETTERS:
            assert found.get(id(thing)) == expected
        elif id(thing) in found:
            assert found[id(thing)] == expected


def test_the_most_alike_comes_first():
    """Of several the exact name leads, whatever their order."""
    held = [("Acme Concret", 1), ("Acme Concrete Inc", 2), ("ACME CONCRETE", 3), ("Acme Concrete", 4)]
    assert [thing for thing, _ in Alike(held).like("Acme Concrete")] == [4, 3, 2, 1]
