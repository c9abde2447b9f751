"""The browser's files: installed from the npm lock, changed in three places, copied to webapp/static/vendor/.

Nothing of others is committed, and nothing of Node is needed once this has run. What is changed in the copy:

* the two rules that fetch the licensed Frutiger font from another host are cut, so that no browser asks
  a third party for anything (the font stack goes on to Arial);
* the pictures are named relative to the style sheet, so that they are found wherever static files are served;
* the comments that name source maps, which are not copied, are cut.
"""

import re
import shutil
import tempfile
from importlib import metadata
from pathlib import Path

from whitenoise.compress import Compressor

from kit import node, stamps
from kit.places import AXE, ROOT, VAR, VENDOR
from kit.say import step, stop

LOCK = ROOT / "package-lock.json"
_FONT_FACE = re.compile(r"@font-face\s*\{[^{}]*\}")
_SOURCE_MAP = re.compile(r"^(/\*#|//#) sourceMappingURL=.*$\n?", re.MULTILINE)
_CSS_VERSION = re.compile(r'--nhsuk-frontend-version:\s*"([^"]+)"')
_PORT_ROW = re.compile(r"^\|\s*([\d.]+)\s*\|\s*([\d.]+)\s*\|\s*$", re.MULTILINE)


def fetch(with_axe: bool = False) -> None:
    """Put the browser assets in place, unless this lock's already are; `with_axe` adds axe-core for the tests."""
    value = stamps.digest([LOCK, Path(__file__)])
    targets = [VENDOR, AXE] if with_axe else [VENDOR]
    if all(stamps.is_fresh(target / ".stamp", value) for target in targets):
        return
    step("Fetching the browser assets")
    VAR.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="assets-", dir=VAR) as folder:
        work = Path(folder)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / name, work / name)
        node.npm_ci(work, dev=with_axe)
        copy_vendor(work / "node_modules", VENDOR)
        if with_axe:
            copy_axe(work / "node_modules", AXE)
    for target in targets:
        stamps.set_stamp(target / ".stamp", value)


def copy_vendor(modules: Path, vendor: Path) -> None:
    """Fill `vendor` from an installed node_modules folder, replacing whatever it held."""
    shutil.rmtree(vendor, ignore_errors=True)
    dist = modules / "nhsuk-frontend" / "dist" / "nhsuk"
    nhsuk, htmx = vendor / "nhsuk", vendor / "htmx"
    nhsuk.mkdir(parents=True)
    htmx.mkdir()

    css = (dist / "nhsuk-frontend.min.css").read_text(encoding="utf-8")
    check_version(css, port_needs())
    (nhsuk / "nhsuk-frontend.min.css").write_text(own_css(css), encoding="utf-8")
    script = (dist / "nhsuk-frontend.min.js").read_text(encoding="utf-8")
    (nhsuk / "nhsuk-frontend.min.js").write_text(_SOURCE_MAP.sub("", script), encoding="utf-8")
    shutil.copytree(dist / "assets" / "images", nhsuk / "assets" / "images")
    shutil.copy(modules / "nhsuk-frontend" / "README.md", nhsuk / "README.md")  # its licence stands in there

    shutil.copy(modules / "htmx.org" / "dist" / "htmx.min.js", htmx / "htmx.min.js")
    shutil.copy(modules / "htmx.org" / "LICENSE", htmx / "LICENSE")
    compress_files(vendor)


def compress_files(folder: Path) -> None:
    """Write a compressed copy beside each file that it makes smaller: what WhiteNoise sends to browsers."""
    compressor = Compressor(quiet=True)
    for file in [path for path in folder.rglob("*") if path.is_file() and compressor.should_compress(path.name)]:
        compressor.compress(str(file))


def copy_axe(modules: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in ("axe.min.js", "LICENSE"):
        shutil.copy(modules / "axe-core" / name, target / name)


def own_css(css: str) -> str:
    """The style sheet without fonts from elsewhere; stops when anything in it would still leave the site."""
    css = _SOURCE_MAP.sub("", _FONT_FACE.sub("", css)).replace("url(/assets/", "url(assets/")
    if re.search(r"url\(\s*[\"']?(https?:|//|/)", css) or "@import" in css:
        stop("The NHS.UK style sheet loads something from another address: look before you raise its version.")
    return css


def check_version(css: str, needed: str) -> None:
    """Stop when the style sheet is not the version that our templates were ported from."""
    found = _CSS_VERSION.search(css)
    if not found or found.group(1) != needed:
        stop(
            f"nhsuk-frontend in package.json is {found.group(1) if found else 'unknown'}, but the installed "
            f"nhsuk-frontend-jinja is the port of {needed}: raise the two together."
        )


def port_needs() -> str:
    """The nhsuk-frontend that the installed nhsuk-frontend-jinja is the port of, by its own table."""
    port = metadata.distribution("nhsuk-frontend-jinja")
    rows: dict[str, str] = {ours: theirs for theirs, ours in _PORT_ROW.findall(port.read_text("METADATA") or "")}
    if port.version not in rows:
        stop(f"nhsuk-frontend-jinja {port.version} does not say which nhsuk-frontend it ports: choose another.")
    return rows[port.version]
