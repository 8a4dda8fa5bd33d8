"""Servers and simulated clusters of this program, for tests to talk to; both are gone with the test."""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("SUPERCARGO") or REPOSITORY / "target" / "debug" / "supercargo"


class Program:
    """A running command of the program, read until it has said all of `awaited`."""

    def __init__(self, arguments: list[str], awaited: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [BINARY, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        said = ""
        self.found: dict[str, str] = {}
        while len(self.found) < len(awaited):
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f"{BINARY} {arguments[0]} ended:\n{said}")
            said += line
            for name, pattern in awaited.items():
                if found := re.search(pattern, said):
                    self.found[name] = found[1]
        # Read on, or the program would wait for somebody to.
        self.reader = threading.Thread(target=self.process.stdout.read)
        self.reader.start()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)
        self.reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


class Server:
    """A running server with a store of its own; `options` are further options of the command."""

    def __init__(self, *options: str) -> None:
        self.data = tempfile.mkdtemp(prefix="supercargo-clients-")
        self.program = Program(
            ["server", "--listen", "127.0.0.1:0", "--tls-listen", "off", "--data", self.data, *options],
            {"url": r"serving (http://[0-9.:]+)", "key": r"shown only this once: (\S+)\n"},
        )
        self.url, self.key = self.program.found["url"], self.program.found["key"]

    def stop(self) -> None:
        self.program.stop()
        shutil.rmtree(self.data)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
