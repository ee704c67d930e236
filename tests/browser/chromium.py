"""Finds the Chromium that the browser tests drive, and installs one where there is none.

`python -m tests.browser.chromium` does so before the tests, which fail without one: a suite that
skipped them would prove nothing.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

DISABLED = (
    # Each window would load two pages for its address bar, which nobody sees: 0.3 s of a core.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    # What Playwright disables: of two lists the browser takes the last.
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
)
FLAGS = ("--no-sandbox", f"--disable-features={','.join(DISABLED)}")

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find() -> str | None:
    """Return the path of a Chromium: `$CHROMIUM`, one on the PATH, or Playwright's own."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    for name in NAMES:
        if path := shutil.which(name):
            return path
    own = Path.home() / ".cache/ms-playwright"
    return next((str(p) for p in sorted(own.glob("chromium-*/chrome-linux*/chrome"))), None)


def install() -> None:
    """Install one: Debian's as root, Playwright's own elsewhere."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {
            "stdout": subprocess.DEVNULL,
            "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        }
        subprocess.run(["apt-get", "update", "-qq"], check=True, **quiet)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
            check=True,
            **quiet,
        )
        return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


def main() -> int:
    """Make sure that there is one."""
    if find() is None:
        print("No Chromium here: installing one for the browser tests.", flush=True)
        install()
    found = find()
    if found is None:
        print(
            "The browser tests need Chromium and none could be installed: install `chromium`, "
            "or name one with CHROMIUM=/path/to/chromium.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
