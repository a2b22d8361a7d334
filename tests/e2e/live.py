# SPDX-License-Identifier: GPL-3.0-or-later
"""What the end-to-end tests share: a pinned agent from npm, a mock model server, a terminal, Plimsoll itself.

Every process is started in a group of its own and ended with the test. Nothing is contacted but the npm
registry (only when the pinned package is not in the cache yet) and the mock on 127.0.0.1.
"""

import atexit
import contextlib
import fcntl
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path

SKIPPED = 77
ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"


class Failure(Exception):
    """The program did not do what the test waits for."""


def skip(why):
    print(f"SKIP: {why}", flush=True)
    sys.exit(SKIPPED)


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def check(holds, text):
    if not holds:
        raise Failure(text)
    say(f"ok    {text}")


def until(probe, seconds, what):
    """Asks probe() again and again and returns its first true answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = probe()
        if answer:
            return answer
        time.sleep(0.02)
    raise Failure(f"not within {seconds} s: {what}")


def needMock(script):
    """First of all, before anything big is installed."""
    if not script.exists():
        skip(f"the mock server is not here: ../{script.relative_to(ROOT.parent)}")


def cacheFolder():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "plimsoll-e2e"


def npmInstall(folder, package):
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder), package]
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=120).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def npmBinary(package, version, relative):
    """The path of an executable inside a pinned npm package; installs it once, without running its scripts."""
    for tool in ("npm", "node"):
        if not shutil.which(tool):
            skip(f"{tool} is not installed")
    folder = cacheFolder() / f"{package.split('/')[-1]}-{version}"
    binary = folder / "node_modules" / package / relative
    if not binary.exists():
        say(f"installing {package} {version}")
        # Beside its place first: what is in place is whole.
        fresh = folder.with_name(f"{folder.name}.{os.getpid()}")
        fresh.mkdir(parents=True)
        done = npmInstall(fresh, f"{package}@{version}")
        if not done or not (fresh / binary.relative_to(folder)).exists():
            shutil.rmtree(fresh, ignore_errors=True)
            skip(f"npm could not install {package} {version}")
        fresh.rename(folder)
    return binary


def cleanEnvironment(home, **extra):
    """Nothing of an outer agent session, and nothing of this machine's user, reaches the agent under test."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "TMPDIR") if key in os.environ}
    return {**kept, "HOME": str(home), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **extra}


class Bench:
    """A temporary home with a project in it, and everything that was started for the test."""

    def __init__(self):
        self.here = Path(__file__).resolve().parent
        self.folder = Path(tempfile.mkdtemp(prefix="plimsoll-e2e-"))
        self.home = self.folder / "home"
        self.project = self.folder / "harbour"
        self.data = self.folder / "data"
        self.home.mkdir()
        self.project.mkdir()
        (self.project / "README.txt").write_text("A harbour.\nShips come and go.\n")
        self.processes = []
        self.watchers = []
        atexit.register(self.close)

    def start(self, command, **options):
        process = subprocess.Popen([str(part) for part in command], start_new_session=True, **options)
        self.processes.append(process)
        return process

    def close(self):
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.processes.clear()
        if not os.environ.get("PLIMSOLL_E2E_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def startMock(self, script, scenario, **variables):
        """Starts the mock model server of ../shared and returns its address."""
        command = ["node", script, "--port", "0", "--scenario", scenario, "--log", self.folder / "mock"]
        for name, value in variables.items():
            command += ["--var", f"{name}={value}"]
        log = open(self.folder / "mock.log", "wb")
        process = self.start(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        line = process.stdout.readline().decode()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if not found:
            raise Failure(f"the mock server said: {line!r}")
        threading.Thread(target=process.stdout.read, daemon=True).start()
        return found.group(0)


class Terminal:
    """A program in a pseudo terminal of its own: what it draws is read and kept, keys can be typed."""

    def __init__(self, bench, command, cwd, environment):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 140, 0, 0))
        self.process = bench.start(
            command, cwd=str(cwd), env=environment, stdin=slave, stdout=slave, stderr=slave,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.seen = b""
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self):
        while True:
            try:
                chunk = os.read(self.master, 65536)
            except OSError:
                return
            if not chunk:
                return
            self.seen += chunk
            self._answerQueries(chunk)

    def _answerQueries(self, chunk):
        """Terminal programs ask where the cursor is and what the terminal can do, and wait for the answer."""
        if b"\x1b[6n" in chunk:
            os.write(self.master, b"\x1b[1;1R")
        if b"\x1b[c" in chunk:
            os.write(self.master, b"\x1b[?62;c")

    def text(self):
        """What was drawn so far, without the escape sequences and without spaces (they are often cursor moves)."""
        plain = re.sub(rb"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-_])", b"", self.seen)
        return re.sub(r"\s+", "", plain.decode("utf-8", "replace"))

    def waitFor(self, words, seconds=20):
        sought = words.replace(" ", "")
        until(lambda: sought in self.text(), seconds, f"the terminal shows '{words}'")

    def key(self, keys):
        os.write(self.master, keys)

    def enter(self, line):
        """Types a line as a person does: text first, the return key after it was drawn. Where the program draws other
        things between the letters the words are never seen whole: then what follows shows whether they arrived."""
        self.key(line.encode())
        sought = line.replace(" ", "")
        before = len(self.seen)
        try:
            until(lambda: sought in self.text() and len(self.seen) > before, 3, f"the terminal echoes '{line}'")
        except Failure:
            print(f"      '{line}' was typed and not seen whole", flush=True)
        time.sleep(0.2)
        self.key(b"\r")


STATE_WORDS = {
    "executing": "executing|working",
    "blocked": "blocked|needs you",
    "idle": "idle",
    "complete": "complete|finished|ended",
}


class Plimsoll:
    """`plimsoll --headless` on the bench's home: the lines it prints, each with the moment it came."""

    def __init__(self, bench, program):
        bench.watchers.append(self)
        self.bench = bench
        self.program = program
        self.lines = []
        self.environment = cleanEnvironment(bench.home, QT_QPA_PLATFORM="offscreen", TZ="UTC")
        errors = open(bench.folder / "plimsoll.log", "wb")
        self.process = bench.start(
            [program, "--headless", *self._folders(bench.data)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, env=self.environment)
        threading.Thread(target=self._read, daemon=True).start()
        # The first words come once the home was scanned: from then on every change is printed as it comes.
        until(lambda: self.lines, 15, "plimsoll --headless prints the fleet")

    def _folders(self, data):
        return ["--home", str(self.bench.home), "--data-dir", str(data)]

    def _read(self):
        for raw in self.process.stdout:
            self.lines.append((time.monotonic(), raw.decode("utf-8", "replace").rstrip()))

    def mark(self):
        return len(self.lines)

    def matching(self, pattern, mark=0):
        """(moment, line) of every line from mark on that matches."""
        expression = re.compile(pattern)
        return [entry for entry in self.lines[mark:] if expression.search(entry[1])]

    def line(self, pattern, mark, seconds, what):
        """The first line from mark on that matches, awaited; (moment, line)."""
        found = until(lambda: self.matching(pattern, mark), seconds, what)[0]
        say(f"      {found[1]}")
        return found

    def state(self, state, mark, seconds, percent=None):
        fill = "" if percent is None else rf"  {percent}%"
        return self.line(rf"\]  ({STATE_WORDS[state]}){fill}", mark, seconds, f"a line says {state}{fill}")

    def status(self):
        """What `plimsoll status --json` says of the same home, read afresh."""
        done = subprocess.run(
            [str(self.program), "status", "--json", *self._folders(self.bench.folder / "status-data")],
            stdin=subprocess.DEVNULL, capture_output=True, env=self.environment, timeout=30)
        if done.returncode != 0:
            raise Failure(f"plimsoll status ended with {done.returncode}: {done.stderr.decode('utf-8', 'replace')}")
        return json.loads(done.stdout)

    def stop(self):
        """Ends it as a person would and wants it to end well."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=10)
        check(self.process.returncode == 0, "plimsoll --headless ends cleanly on SIGINT")

    def tell(self):
        """Everything that was printed, for a failed test."""
        for _, line in self.lines:
            print(f"  plimsoll: {line}", flush=True)
        log = self.bench.folder / "plimsoll.log"
        print(log.read_text(errors="replace")[-4000:], flush=True)


def percents(entries):
    """The context fill of each line that names one, in order."""
    found = (re.search(r"\b(\d+)%", line) for _, line in entries)
    return [int(one.group(1)) for one in found if one]


def momentOf(probe, seconds, what):
    """When probe() first held; asked every 2 ms, so good for measuring latency."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if probe():
            return time.monotonic()
        time.sleep(0.002)
    raise Failure(f"not within {seconds} s: {what}")


def checkLatency(shown, happened, limit, what):
    took = max(0, shown - happened)
    check(took <= limit, f"{what} after {took * 1000:.0f} ms (at most {limit * 1000:.0f})")


def run(test):
    """Runs test(bench, program) and ends the process with the answer for ctest."""
    program = Path(sys.argv[1]).resolve()
    if not program.exists():
        print(f"the program is not built: {program}", flush=True)
        sys.exit(1)
    bench = Bench()
    try:
        test(bench, program)
    except Failure as failure:
        print(f"FAILED: {failure}", flush=True)
        for one in bench.watchers:
            one.tell()
        sys.exit(1)
