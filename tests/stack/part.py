"""One process of the product, with everything below it: to be killed, frozen and started again."""

import os
import signal
import subprocess
from pathlib import Path


def tree(pid):
    """`pid` and every process below it, children after their parents."""
    below = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = Path(f"/proc/{entry}/stat").read_text()
        except OSError:  # gone meanwhile
            continue
        parent = int(stat.rpartition(")")[2].split()[1])
        below.setdefault(parent, []).append(int(entry))
    found = [pid]
    for one in found:
        found += below.get(one, [])
    return found


class Part:
    def __init__(self, house, name, command, **how):
        self.name = name
        self.command = [str(word) for word in command]
        self.environment = dict(house.environment)
        self.log = house.folder / f"{name}.log"
        self.log.touch()
        self.how = how
        self.log_from = 0  # where in the log its present life begins
        self.process = None
        self.is_wanted = False  # the house starts again what is wanted and died

    @property
    def pid(self):
        return self.process.pid

    @property
    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def start(self):
        with self.log.open("a") as log:
            self.log_from = log.tell()
            self.process = subprocess.Popen(
                self.command, env=self.environment, stdout=log, stderr=log, **self.how
            )
        self.is_wanted = True

    def has_said(self, words):
        """Whether its log holds `words` since it was last started."""
        with self.log.open("rb") as log:
            log.seek(self.log_from)
            return words.encode() in log.read()

    def kill(self):
        """kill -9 of the whole tree: nobody below gets to say goodbye."""
        process = self.process  # the house may start the next one before we have waited
        if self.is_alive:
            self.freeze()  # so that nobody starts another one meanwhile
            self._signal(signal.SIGKILL)
            process.wait(10)

    def down(self):
        """Kill it for good, until the next `start`."""
        self.is_wanted = False
        self.kill()

    def restart(self, **environment):
        """Kill it and start it again, with these additions to its environment."""
        self.down()
        self.environment |= environment
        self.start()

    def freeze(self):
        self._signal(signal.SIGSTOP)

    def thaw(self):
        self._signal(signal.SIGCONT)

    def _signal(self, number):
        for pid in tree(self.pid):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
