"""For every run: a skip is a failure in CI or with --no-skips, else nobody notices a test that never runs; and SIGTERM
ends a run as Ctrl-C does, so that the servers its tests started are stopped.
"""

import os
import signal
from collections.abc import Generator
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-skips",
        action="store_true",
        default=os.environ.get("CI") == "true",
        help="a skipped test is a failed one (as with CI=true)",
    )


def pytest_configure(config: pytest.Config) -> None:
    signal.signal(signal.SIGTERM, lambda *_: _stop(config))


def _stop(config: pytest.Config) -> None:
    """And the processes that a run is spread over: xdist would kill them before all their servers are stopped."""
    manager = getattr(config.pluginmanager.getplugin("dsession"), "nodemanager", None)
    for gateway in manager.group if manager else ():
        gateway._io.popen.terminate()
    pytest.exit("told to stop", 128 + signal.SIGTERM)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_if_skipped(report, item.config)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(report, collector.config)
    return report


def _fail_if_skipped(report: Any, config: pytest.Config) -> None:
    if report.skipped and not hasattr(report, "wasxfail") and config.getoption("--no-skips"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"A skip is a failure here. {reason}"
