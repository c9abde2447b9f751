import time
import timeit

import pytest

from messaging.personalisation import Template, UnknownField, fields_in, fill, normalise, unknown_fields


def test_it_puts_a_patients_values_into_the_words():
    words = "Dear ((first name)), your ((Clinic)) is on ((date))."
    assert fill(words, {"First Name": "Zoë", "clinic": "flu clinic", "Date": "3 May"}) == (
        "Dear Zoë, your flu clinic is on 3 May."
    )


@pytest.mark.parametrize(
    "written", ["first name", "First Name", "FIRSTNAME", "first-name", " first  name ", "First_Name!"]
)
def test_it_matches_a_field_without_case_spaces_or_punctuation(written):
    assert fill(f"Dear (({written}))", {"First Name": "Zoë"}) == "Dear Zoë"


def test_it_lists_each_field_once_in_order_of_first_use():
    assert fields_in("((b)) ((A)) (( B )) ((first\n name)) ((a))") == ("b", "A", "first name")


def test_it_names_the_fields_that_a_list_does_not_have():
    assert unknown_fields("((first name)) ((wife)) ((Wife))", ["First Name", "Surname"]) == ("wife",)


def test_it_refuses_to_fill_an_unknown_field_and_says_which():
    with pytest.raises(UnknownField) as refused:
        fill("Dear ((wife))", {"First Name": "Zoë"})
    assert refused.value.field == "wife"
    assert "Zoë" not in str(refused.value)


def test_a_value_that_looks_like_a_field_stays_text():
    assert fill("((a)) ((b))", {"a": "((b))", "b": "((a))"}) == "((b)) ((a))"


def test_a_value_and_its_neighbours_never_become_a_field_together():
    assert fill("((a))b))", {"a": "((", "b": "secret"}) == "((b))"


def test_an_empty_value_leaves_nothing():
    template = Template("Dear ((first name)) ((surname))")
    values = {"First Name": "", "Surname": "Ó"}
    assert template.fill(values) == "Dear  Ó"


@pytest.mark.parametrize("words", ["", "(a) ((", "(())", "((  ))", ")) ((", "(x", "((a)"])
def test_brackets_that_are_not_a_field_stay_words(words):
    assert fields_in(words) == ()
    assert fill(words, {}) == words


def test_a_third_bracket_stays_a_word():
    assert fill("(((a)))", {"a": "x"}) == "(x)"


def test_a_heading_may_have_brackets_of_its_own():
    assert fill("Call ((Mobile (home)))", {"Mobile (home)": "07700 900123"}) == "Call 07700 900123"


def test_names_of_signs_alone_are_told_apart():
    assert normalise("#") != normalise("%")
    assert fill("((#))((%))", {"%": "b", "#": "a"}) == "ab"


def test_a_template_serves_patients_whose_values_have_other_names():
    template = Template("((first name))")
    assert template.fill({"First Name": "A"}) == "A"
    assert template.fill({"FIRST NAME": "B"}) == "B"


def test_hostile_brackets_take_no_time():
    for words in ("((" * 50_000, "((a" * 50_000, "((" + "(a)" * 50_000, "((a)" * 50_000, "(" * 100_000 + ")"):
        assert timeit.timeit(lambda words=words: fields_in(words), timer=time.process_time, number=1) < 2


def test_a_compiled_template_fills_in_microseconds():
    template = Template("Dear ((first name)) ((surname)), " + "words " * 300 + "at ((surgery)). ((link))")
    values = {f"Column {n}": "x" for n in range(20)} | {
        "First Name": "Zoë",
        "Surname": "Ó",
        "Surgery": "R",
        "Link": "l",
    }
    rounds = 2_000
    best = min(timeit.repeat(lambda: template.fill(values), timer=time.process_time, number=rounds, repeat=5)) / rounds
    assert best < 10e-6
