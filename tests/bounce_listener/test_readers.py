"""One sample for each pattern, in our own words, and what a reader has to say about it."""

import json
from pathlib import Path
from typing import Any

import pytest

from bounce_listener.report import Kind, read_report

SAMPLES = Path(__file__).parents[1] / "reports"
LABELS: list[dict[str, Any]] = [json.loads(line) for line in (SAMPLES / "labels.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("label", LABELS, ids=[label["file"] for label in LABELS])
def test_it_reads_the_kind_and_exactly_these_recipients(label: dict[str, Any]) -> None:
    report = read_report((SAMPLES / label["file"]).read_bytes())
    assert report.kind == label["kind"]
    assert [told.address for told in report.recipients] == [named["address"] for named in label["recipients"]]
    for told, named in zip(report.recipients, label["recipients"], strict=True):
        assert told.status == named["status"]
        if named["reason"]:
            assert told.reason == named["reason"]
        if "original" in named:
            assert told.original == named["original"]


def test_every_sample_has_a_label() -> None:
    assert {path.name for path in SAMPLES.glob("*.eml")} == {label["file"] for label in LABELS}


@pytest.mark.parametrize(
    "label", [label for label in LABELS if label["kind"] != "failed"], ids=lambda label: label["file"]
)
def test_whatever_is_not_a_failure_fails_nobody(label: dict[str, Any]) -> None:
    report = read_report((SAMPLES / label["file"]).read_bytes())
    assert report.kind is not Kind.FAILED
    assert all(told.action != "failed" and not told.hard for told in report.recipients)


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label["file"])
def test_our_own_return_path_is_never_reported(label: dict[str, Any]) -> None:
    report = read_report((SAMPLES / label["file"]).read_bytes())
    assert all("bounces.clinic.example" not in told.address for told in report.recipients)


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label["file"])
def test_line_ends_make_no_difference(label: dict[str, Any]) -> None:
    raw = (SAMPLES / label["file"]).read_bytes()
    for end in (b"\r\n", b"\r"):
        other = read_report(raw.replace(b"\n", end))
        assert (other.kind, other.recipients) == (read_report(raw).kind, read_report(raw).recipients)


def test_the_text_for_people_leaves_the_returned_message_out() -> None:
    for label in LABELS:
        assert "Dear patient" not in read_report((SAMPLES / label["file"]).read_bytes()).text
