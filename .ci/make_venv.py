"""Make a checkout's virtual environment, or bring it up to date. Called by venv.sh when the stamp does not fit.

Usage: make_venv.py ROOT user|dev STAMP USER_STAMP

Nothing but the standard library. Two first starts at once wait for each other by a lock on a file, which the
system gives back however the holder ends. The stamps go first and come last: an interrupted installation has
none, and the next start makes the environment anew.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

OURS = "made-by-codehub"  # tells our environment from one that a person made here


def say(text: str) -> None:
    """Tell the person; standard output belongs to the command that is about to start."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def fail(what: str, why: str, fix: str, log: Path | None = None) -> int:
    """Say what happened in the form of wizard.errors, which cannot be imported yet; gives the exit code."""
    say(f"{what}\nwhy: {why}\ndo:  {fix}" + (f"\nlog: {log}" if log else ""))
    return 3


def stamps(venv: Path) -> list[Path]:
    """The stamps of finished installations."""
    return [venv / "codehub-user.stamp", venv / "codehub-dev.stamp"]


def create(venv: Path) -> None:
    """Make an empty environment, over the rest of an interrupted one."""
    if venv.exists():
        shutil.rmtree(venv)
    venv.mkdir()
    (venv / OURS).touch()
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True, stdout=sys.stderr)


def pip_install(venv: Path, arguments: list[str], log: Path) -> bool:
    """Run pip in the environment, its output in `log`; pip's own configuration (indexes, proxies) holds."""
    command = [str(venv / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    environment = {**os.environ, "PIP_USER": "0"}  # "user = true" in a pip.conf would refuse to install here
    with log.open("ab") as output:
        done = subprocess.run(
            [*command, *arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, check=False
        )
    return done.returncode == 0


def install(root: Path, kind: str, stamp: str, user_stamp: str) -> int:
    """Bring `.venv` of `root` to what `kind` needs; gives the exit code."""
    venv = root / ".venv"
    own = not venv.exists() or (venv / OURS).exists()
    finished = any(path.exists() for path in stamps(venv))
    if own and not (finished and (venv / "bin" / "python").exists()):
        say("First start: installing codehub's libraries into .venv (about a minute) ...")
        try:
            create(venv)
        except (OSError, subprocess.CalledProcessError) as error:
            return fail(
                "The virtual environment could not be made.", str(error), f"Check the folder {root} and its disk."
            )
    else:
        say("Bringing the libraries in .venv up to date ...")
    for path in stamps(venv):
        path.unlink(missing_ok=True)
    log = venv / "install.log"
    log.unlink(missing_ok=True)
    pinned = [["-r", str(root / "requirements-dev.txt")]] if kind == "dev" else []
    for arguments in [*pinned, ["-e", str(root)]]:
        if not pip_install(venv, arguments, log):
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
            say("\n".join(f"  {line}" for line in lines[-8:]))
            return fail(
                "codehub's libraries could not be installed.",
                "pip ended with an error; its last lines are above.",
                "Check the network, and pip's proxy and index (pip config list), then start again.",
                log,
            )
    # What developers need holds all that users need.
    for name, text in {"user": user_stamp, kind: stamp}.items():
        (venv / f"codehub-{name}.stamp").write_text(text + "\n", encoding="utf-8")
    return 0


def main() -> int:
    """Install under the lock, unless somebody else just did."""
    root, kind, stamp, user_stamp = Path(sys.argv[1]), *sys.argv[2:]
    try:
        lock = (root / ".venv.lock").open("w")
    except OSError as error:
        return fail(
            "codehub cannot install its libraries.", str(error), f"Make {root} writable, or install by pip or pipx."
        )
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another start is installing the libraries: waiting for it ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        done = root / ".venv" / f"codehub-{kind}.stamp"
        if done.exists() and done.read_text(encoding="utf-8").rstrip("\n") == stamp:
            return 0
        return install(root, kind, stamp, user_stamp)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("Interrupted: the next start installs the libraries anew.")
        sys.exit(130)
