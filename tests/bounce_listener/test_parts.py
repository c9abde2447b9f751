"""The short way to a message's parts leads to the same tree as the standard library, or it is not taken."""

import os
import random
from email import message_from_bytes
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bounce_listener.readers.letter import normalise
from bounce_listener.readers.parts import Part, parse, short_way

SAMPLES = sorted((Path(__file__).parents[1] / "reports").glob("*.eml"))
REAL = Path(os.environ.get("REPORTS_DIR") or Path(__file__).parents[3] / "shared" / "reports") / "real"
REPORT = b"""\
From: MAILER-DAEMON@mx.example.net
Subject: Undelivered mail,
 folded
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="b1.2/mx"

A preamble.

--b1.2/mx
Content-Type: text/plain

Nobody here.

--b1.2/mx

No header, and lines like --b1.2/mx
--b1.2
--b1.2/mx
Content-Type: message/delivery-status

Final-Recipient: rfc822; ann@a.example
Action: failed

--b1.2/mx--
An epilogue.
"""
# What a boundary, a header or a line end can become on its way here, or by somebody who means ill.
PIECES = (
    *(b"\n", b"\n\n", b" ", b"\t", b"-", b"--", b":", b'"', b";", b"=", b"\xe9", b"From ", b"From: x\n", b": x\n"),
    *(b"--b1.2/mx", b"\n--b1.2/mx\n", b"\n--b1.2/mx--\n", b"\n--b1.2/mx \n", b"\n--b1.2/mxx\n", b"b1.2/mx", b"\n--\n"),
    *(b"boundary=", b"boundary*0=b1;", b'boundary=""', b"Content-Type: multipart/mixed; boundary=b1.2\n\n"),
    *(
        b"multipart/digest",
        b"multipart/mixed",
        b"message/rfc822",
        b"Content-Type: multipart/mixed;\n boundary=b1.2/mx\n",
    ),
)

Tree = tuple[list[tuple[str, object]], object]


def tree(part: object) -> Tree:
    """Headers and content, all the way down."""
    assert isinstance(part, Part)
    payload = part._payload  # type: ignore[attr-defined]  # get_payload() decodes it
    return list(part.raw_items()), [tree(inner) for inner in payload] if isinstance(payload, list) else payload


def same(raw: bytes) -> bool:
    """Whether the short way was taken; fails when it leads elsewhere."""
    raw = normalise(raw)
    short = short_way(raw)
    if short is not None:
        longer = message_from_bytes(raw, _class=Part)
        assert tree(short) == tree(longer)
        assert [part.get_content_type() for part in short.walk()] == [part.get_content_type() for part in longer.walk()]
    return short is not None


def changed(raw: bytes, chance: random.Random) -> bytes:
    """A few places cut, doubled or replaced."""
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(raw) + 1)
        end = start + chance.choice((0, 0, 1, 2, 10, 60))
        raw = raw[:start] + chance.choice((*PIECES, raw[start : end + 40], b"")) + raw[end:]
    return raw


def test_a_well_formed_report_is_laid_open_the_short_way() -> None:
    assert same(REPORT)
    root = parse(REPORT)
    assert [part.get_content_type() for part in root.walk()] == [
        "multipart/report",
        "text/plain",
        "text/plain",
        "leaf/delivery-status",
    ]
    assert root.get("subject") == "Undelivered mail,\n folded"


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_has_the_same_parts_by_either_way(path: Path) -> None:
    raw, chance = path.read_bytes(), random.Random(path.stem)
    same(raw)
    for _ in range(100):
        same(changed(raw, chance))


def test_most_samples_go_the_short_way() -> None:
    assert sum(same(path.read_bytes()) for path in SAMPLES) > len(SAMPLES) // 2


if REAL.is_dir():  # they belong to others and are not part of this repository

    def test_real_reports_have_the_same_parts_by_either_way() -> None:
        chance = random.Random(3)
        paths = sorted(path for path in REAL.rglob("*") if path.is_file() and path.suffix != ".jsonl")
        assert sum(same(path.read_bytes()) for path in paths) > len(paths) // 2
        for path in paths:
            for _ in range(10):
                same(changed(path.read_bytes()[:50_000], chance))


@given(st.lists(st.tuples(st.integers(0, len(REPORT)), st.integers(0, 80), st.sampled_from(PIECES)), max_size=6))
@settings(max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_change_leads_the_short_way_astray(changes: list[tuple[int, int, bytes]]) -> None:
    raw = REPORT
    for start, length, piece in changes:
        raw = raw[:start] + piece + raw[start + length :]
    same(raw)


@pytest.mark.parametrize(
    ("what", "old", "new"),
    [
        ("no end", b"--b1.2/mx--\n", b""),
        ("an end without a line end", b"--b1.2/mx--\nAn epilogue.\n", b"--b1.2/mx--"),
        ("a boundary after the end", b"An epilogue.\n", b"--b1.2/mx\n\nx\n--b1.2/mx--\n"),
        ("two boundaries in a row", b"--b1.2/mx\nContent", b"--b1.2/mx\n--b1.2/mx\nContent"),
        ("spaces after a boundary", b"--b1.2/mx\nContent", b"--b1.2/mx  \nContent"),
        ("a part that is a multipart", b"text/plain", b"multipart/mixed; boundary=x"),
        ("a digest", b"multipart/report", b"multipart/digest"),
        ("a boundary over two lines", b'"b1.2/mx"', b'"b1.2\n /mx"'),
        ("a header that is none", b"Subject: ", b"Subject "),
        ("an envelope line in the header", b"Subject: ", b"From a b\nSubject: "),
    ],
)
def test_whatever_is_odd_goes_to_the_standard_library(what: str, old: bytes, new: bytes) -> None:
    assert old in REPORT
    assert short_way(REPORT.replace(old, new, 1)) is None, what
