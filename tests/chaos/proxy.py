"""A wire between the product and Postgres that can be cut at COMMIT: before the database hears it,
or after it did and before anybody hears the answer."""

import select
import socket
import threading


class Wire:
    """Listens in `folder` as Postgres does. `cut_next` cuts the next COMMIT that comes by."""

    def __init__(self, folder, server):
        folder.mkdir()
        self._server = str(server / ".s.PGSQL.5432")
        self._wish = []
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(folder / ".s.PGSQL.5432"))
        self._door.listen(64)
        threading.Thread(target=self._welcome, daemon=True).start()

    def cut_next(self, when):
        self._wish.append(when)

    @property
    def has_cut(self):
        return not self._wish

    def close(self):
        self._door.close()

    def _welcome(self):
        while True:
            try:
                inside, _ = self._door.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._carry, args=(inside,), daemon=True).start()

    def _carry(self, product):
        with product, socket.socket(socket.AF_UNIX) as database:
            try:
                database.connect(self._server)
                while self._pass_on(product, database):
                    pass
            except OSError:  # one side is gone; both learn it as the sockets close
                return

    def _pass_on(self, product, database):
        for ready in select.select([product, database], [], [])[0]:
            data = ready.recv(65536)
            if not data:
                return False
            if ready is database:
                product.sendall(data)
                continue
            when = self._wish.pop() if b"COMMIT" in data and self._wish else None
            if when != "before":
                database.sendall(data)
            if when == "after":
                database.recv(65536)  # it is done, and nobody will be told
            if when:
                return False
        return True
