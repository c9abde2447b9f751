"""The browser's files: what is changed in the copies, and what stops the set-up."""

from importlib import metadata
from pathlib import Path

import pytest

from kit import assets
from kit.say import Stop

CSS = (
    '@charset "UTF-8";:root{--nhsuk-frontend-version:"10.6.1"}'
    "@font-face{font-family:Frutiger W01;src:url(https://fonts.example/a.woff2)}"
    "@font-face{font-family:Frutiger W01;font-weight:600;src:url(https://fonts.example/b.woff2)}"
    ".icon{background:url(/assets/images/cross.svg)}\n\n/*# sourceMappingURL=nhsuk-frontend.min.css.map */\n"
)


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """A node_modules folder with one file of each kind."""
    files = {
        "nhsuk-frontend/README.md": "Licence",
        "nhsuk-frontend/dist/nhsuk/nhsuk-frontend.min.css": CSS,
        "nhsuk-frontend/dist/nhsuk/nhsuk-frontend.min.js": "export{a};\n//# sourceMappingURL=x.js.map\n",
        "nhsuk-frontend/dist/nhsuk/assets/images/cross.svg": "<svg/>",
        "htmx.org/dist/htmx.min.js": "htmx",
        "htmx.org/LICENSE": "Zero-Clause BSD",
    }
    for name, text in files.items():
        file = tmp_path / "node_modules" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "node_modules"


def test_the_fonts_and_the_source_maps_are_cut_and_the_rest_is_kept() -> None:
    css = assets.own_css(CSS)

    assert "@font-face" not in css
    assert "http" not in css
    assert "sourceMappingURL" not in css
    assert ".icon{background:url(assets/images/cross.svg)}" in css
    assert css.startswith('@charset "UTF-8";:root{--nhsuk-frontend-version:"10.6.1"}')


@pytest.mark.parametrize(
    "rule",
    [
        "a{background:url(https://cdn.example/a.png)}",
        'a{background:url( "//cdn.example/a.png")}',
        "a{background:url(/elsewhere/a.png)}",
        '@import "https://cdn.example/a.css";',
    ],
)
def test_a_style_sheet_that_would_leave_the_site_stops_the_set_up(rule: str) -> None:
    with pytest.raises(Stop, match="from another address"):
        assets.own_css(CSS + rule)


def test_the_copies_have_names_without_versions_and_replace_what_was_there(modules: Path, tmp_path: Path) -> None:
    vendor = tmp_path / "vendor"
    (vendor / "old").mkdir(parents=True)

    assets.copy_vendor(modules, vendor)

    assert sorted(str(file.relative_to(vendor)) for file in vendor.rglob("*") if file.is_file()) == [
        "htmx/LICENSE",
        "htmx/htmx.min.js",
        "nhsuk/README.md",
        "nhsuk/assets/images/cross.svg",
        "nhsuk/nhsuk-frontend.min.css",
        "nhsuk/nhsuk-frontend.min.js",
    ]
    assert (vendor / "nhsuk/nhsuk-frontend.min.js").read_text() == "export{a};\n"
    assert not (vendor / "old").exists()


def test_a_style_sheet_that_the_templates_were_not_ported_from_stops_the_set_up(modules: Path, tmp_path: Path) -> None:
    file = modules / "nhsuk-frontend/dist/nhsuk/nhsuk-frontend.min.css"
    file.write_text(CSS.replace("10.6.1", "11.0.0"))

    with pytest.raises(Stop, match=r"is 11\.0\.0, but .* is the port of 10\.6\.1: raise the two together"):
        assets.copy_vendor(modules, tmp_path / "vendor")


def test_the_installed_templates_say_which_style_sheet_they_need() -> None:
    assert metadata.version("nhsuk-frontend-jinja") == "0.10.2"
    assert assets.port_needs() == "10.6.1"
