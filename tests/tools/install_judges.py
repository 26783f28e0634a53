"""Install the judges that the tests ask and that are missing: ``make test NO_SKIP=1`` runs this.

- Node.js and npm come from Debian's packages where they are missing (as root);
- the npm judges go to ``.tools/node`` in the checkout, in the versions of ``tests/judges/package-lock.json``;
- Chromium comes from Debian's packages (as root), what drives it goes to ``.tools/browser``, in the versions of
  ``tests/browser/package-lock.json``;
- what looks over pages (accessibility, diagrams, sitemaps, queries) goes to ``.tools/web``, in the versions of
  ``tests/web/package-lock.json``; Apache, nginx, Caddy and Graphviz come from Debian's packages (as root);
- Virtuoso, a triple store that graphs are sent to, comes from Debian's packages (as root);
- Spark goes to the environment that runs this (dependency group ``spark``), and a Java for it comes from Debian's
  packages (as root) where there is none;
- the Java judges, with a Java of their own, go to the environment that runs this (dependency group ``java``).

What is there already is left alone. Prints a line for each step; exits with 1 where one fails.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from browser import BROWSER_HOME, browser_missing, chromium  # noqa: E402
from browser import HERE as BROWSER  # noqa: E402
from clusters import spark_missing  # noqa: E402
from judges import HERE, NODE_HOME, java_missing, node_missing  # noqa: E402
from web import HERE as WEB  # noqa: E402
from web import PROGRAMS, WEB_HOME, program, web_missing  # noqa: E402


class Failed(Exception):
    """A step failed; the message is for the user."""


def _run(command: Sequence[str], **environment: str) -> None:
    """Run a command in the checkout, quietly unless it fails."""
    print(f"install_judges: $ {' '.join(command)}", flush=True)
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        raise Failed(f"`{' '.join(command)}` failed with exit code {done.returncode}\n{done.stdout[-3000:].rstrip()}")


def _install_packages(*packages: str) -> None:
    """Install Debian packages."""
    by_hand = f"apt-get install {' '.join(packages)}"
    if shutil.which("apt-get") is None:
        raise Failed(f"{' and '.join(packages)} missing, and no apt-get here: install what they hold by hand")
    if os.geteuid() != 0:
        raise Failed(f"{' and '.join(packages)} missing, and only root may install them: run `{by_hand}` as root")
    _run(["apt-get", "update", "-q"])
    _run(["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages], DEBIAN_FRONTEND="noninteractive")


def install_node() -> None:
    """Install Node.js, npm and the npm judges, as far as they are missing."""
    if node_missing() is None:
        print("install_judges: JavaScript judges: in place")
        return
    _install_npm_packages(HERE, NODE_HOME)
    node_missing.cache_clear()
    reason = node_missing()
    if reason is not None:
        raise Failed(f"the JavaScript judges are still missing: {reason}")
    print("install_judges: JavaScript judges: installed")


def _install_npm_packages(source: Path, target: Path) -> None:
    """Install the packages of a lock file, and Node.js and npm if they are missing."""
    absent = [package for package, program in {"nodejs": "node", "npm": "npm"}.items() if shutil.which(program) is None]
    if absent:
        _install_packages(*absent)
    target.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copyfile(source / name, target / name)
    _run(["npm", "ci", "--prefix", str(target.relative_to(ROOT))])


def install_browser() -> None:
    """Install Chromium and what drives it, as far as they are missing."""
    if browser_missing() is None:
        print("install_judges: browser: in place")
        return
    if chromium() is None:
        _install_packages("chromium")
    _install_npm_packages(BROWSER, BROWSER_HOME)
    browser_missing.cache_clear()
    reason = browser_missing()
    if reason is not None:
        raise Failed(f"the browser is still missing: {reason}")
    print("install_judges: browser: installed")


def install_web() -> None:
    """Install what looks over pages, as far as it is missing."""
    if web_missing() is None:
        print("install_judges: what looks over pages: in place")
        return
    _install_npm_packages(WEB, WEB_HOME)
    web_missing.cache_clear()
    reason = web_missing()
    if reason is not None:
        raise Failed(f"what looks over pages is still missing: {reason}")
    print("install_judges: what looks over pages: installed")


def install_programs() -> None:
    """Install the web servers and Graphviz, as far as they are missing."""
    absent = [package for name, package in PROGRAMS.items() if program(name) is None]
    if not absent:
        print("install_judges: web servers and Graphviz: in place")
        return
    _install_packages(*absent)
    print("install_judges: web servers and Graphviz: installed")


def install_virtuoso() -> None:
    """Install Virtuoso, if it is missing."""
    if shutil.which("virtuoso-t") and shutil.which("isql-vt"):
        print("install_judges: Virtuoso: in place")
        return
    _install_packages("virtuoso-opensource-7-bin")
    print("install_judges: Virtuoso: installed")


def install_java() -> None:
    """Install the Java judges, if they are missing."""
    if java_missing() is None:
        print("install_judges: Java judges: in place")
        return
    _install_group("java")
    java_missing.cache_clear()
    reason = java_missing()
    if reason is not None:
        raise Failed(f"the Java judges are still missing: {reason}")
    print("install_judges: Java judges: installed")


def _install_group(name: str) -> None:
    """Install a dependency group into this environment."""
    # The requirements themselves, since `--group` is newer than the pip of many environments.
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    _run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *groups[name]])
    importlib.invalidate_caches()


def install_spark() -> None:
    """Install Spark, and a Java that runs it, as far as they are missing."""
    if spark_missing() is None:
        print("install_judges: Spark: in place")
        return
    if shutil.which("java") is None:
        _install_packages("default-jre-headless")
    _install_group("spark")
    spark_missing.cache_clear()
    reason = spark_missing()
    if reason is not None:
        raise Failed(f"Spark is still missing: {reason}")
    print("install_judges: Spark: installed")


def main() -> int:
    """Install whatever is missing; gives the exit code."""
    failed = False
    steps = (
        install_node,
        install_browser,
        install_web,
        install_programs,
        install_virtuoso,
        install_java,
        install_spark,
    )
    for install in steps:
        try:
            install()
        except Failed as error:
            print(f"install_judges: {error}", file=sys.stderr, flush=True)
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
