"""Where things are in a checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
VAR = ROOT / "var"  # what set-up makes; the data too, unless DATA_DIR says otherwise
VENDOR = ROOT / "webapp" / "static" / "vendor"
AXE = VAR / "axe"  # for the browser tests only, so never below static/
