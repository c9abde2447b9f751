"""How well reports are read: ours beside the peers that install from the package index, on the same labelled messages.

python benchmarks/reports.py [FOLDER]      FOLDER holds score.py, real/ and traps/; default ../shared/reports

Each reader runs as a program of its own: one path a line in, one JSON line a message out. A peer that is not
installed is named as missing (flufl.bounce comes with the `bench` extra).
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Callable
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
Answer = list[dict[str, Any]]


def standard_library(raw: bytes) -> Answer:
    """RFC 3464 by the standard library alone: what forty lines reach."""
    found: Answer = []
    for part in message_from_bytes(raw).walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for group in part.get_payload():
            if not isinstance(group, Message) or not group.get("Final-Recipient"):
                continue
            status = str(group.get("Status", "")).split(" ")[0]
            found.append(
                {
                    "address": str(group["Final-Recipient"]).partition(";")[2].strip(),
                    "original": str(group.get("Original-Recipient", "")).partition(";")[2].strip(),
                    "action": str(group.get("Action", "")).strip().lower(),
                    "status": status,
                    "permanent": status.startswith("5"),
                }
            )
    return found


def flufl(raw: bytes) -> Answer:
    """flufl.bounce, the detectors of GNU Mailman."""
    from flufl.bounce import all_failures

    temporary, permanent = all_failures(message_from_bytes(raw))
    return [
        {"address": address.decode("utf-8", "replace"), "action": action, "permanent": action == "failed"}
        for addresses, action in ((temporary, "delayed"), (permanent, "failed"))
        for address in addresses
    ]


def flanker(raw: bytes) -> Answer:
    """flanker's own detection: it says whether a message is a bounce and names nobody."""
    from flanker import mime

    return [{"address": "", "action": "failed"}] if mime.from_string(raw).is_bounce() else []


PEERS: dict[str, tuple[str, Callable[[bytes], Answer]]] = {
    "stdlib": ("email", standard_library),
    "flufl.bounce": ("flufl.bounce", flufl),
    "flanker": ("flanker", flanker),
}


def answer_for(peer: str) -> None:
    """The other end of the scorer's pipe: reads as `peer` does."""
    read = PEERS[peer][1]
    for line in sys.stdin:
        path = line.rstrip("\n")
        answer: dict[str, Any] = {"file": path, "recipients": []}
        try:
            named = read(Path(path).read_bytes())
            answer["is_bounce"] = bool(named)
            answer["recipients"] = [one for one in named if one["address"]]
        except Exception as error:
            answer["error"] = f"{type(error).__name__}"[:80]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def main() -> int:
    """Both tables, on standard output."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "reports"
    if not (folder / "score.py").is_file():
        print(f"No labelled reports in {folder}: name the folder that holds score.py, real/ and traps/.")
        return 1
    readers = ["--parser", f"ours={sys.executable} -m bounce_listener.report"]
    for name, (module, _) in PEERS.items():
        if installed(module):
            readers += ["--parser", f"{name}={sys.executable} -W ignore {Path(__file__).resolve()} --peer {name}"]
        else:
            print(f"{name} is not installed: left out.")
    for corpus in ("real", "traps"):
        started = time.perf_counter()
        print(f"\n## {corpus}\n", flush=True)
        subprocess.run([sys.executable, str(folder / "score.py"), str(folder / corpus), *readers], check=True, cwd=ROOT)
        print(f"\n{time.perf_counter() - started:.0f} s for all readers")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        answer_for(sys.argv[2])
    else:
        raise SystemExit(main())
