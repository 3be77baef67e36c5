"""The command `mypage` many times over: everything is imported once, then each call is a fork that runs it as usual.

`python forked_cli.py` reads one JSON object per line (the words, the environment, the folder) and answers each with exit
status and output. It has one thread only, so that forking it is safe.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn


@dataclass
class ForkedCli:
    """The program that forks, as a test sees it."""

    orders: IO[str]
    answers: IO[str]

    def call(
        self, words: Sequence[str], environment: Mapping[str, str], folder: Path
    ) -> subprocess.CompletedProcess[str]:
        """Run the command with these words alone in its environment, and wait for its end."""
        order = {"words": list(words), "environment": dict(environment), "folder": str(folder)}
        print(json.dumps(order), file=self.orders, flush=True)
        answer = json.loads(self.answers.readline())
        return subprocess.CompletedProcess(["mypage", *words], answer["code"], answer["stdout"], answer["stderr"])


@contextmanager
def forked_cli() -> Iterator[ForkedCli]:
    """Import everything once; the program ends with the block."""
    with subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield ForkedCli(process.stdin, process.stdout)
        process.stdin.close()


def main() -> None:
    """Fork for every order until there are no more."""
    from mypage.operators.loading import installed_operators, load_operator
    from mypage.server import asgi, cli, worker

    assert asgi and worker, "what `serve` and `worker` import late"
    for name in installed_operators():
        load_operator(name)
    for line in sys.stdin:
        order = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            pid = os.fork()
            if pid == 0:
                _run(order, cli.main, out.fileno(), err.fileno())
            _, status = os.waitpid(pid, 0)
            said = [(file.seek(0), file.read().decode())[1] for file in (out, err)]
        code = os.waitstatus_to_exitcode(status)
        print(json.dumps({"code": code, "stdout": said[0], "stderr": said[1]}), flush=True)


def _run(order: Mapping[str, Any], main: Any, out: int, err: int) -> NoReturn:
    code = 1
    try:
        for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), out, err)):
            os.dup2(file, number)
        os.environ.clear()
        os.environ.update(order["environment"])
        os.chdir(order["folder"])
        sys.argv = ["mypage", *order["words"]]
        main()
        code = 0
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else int(done.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
