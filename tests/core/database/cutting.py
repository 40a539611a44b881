"""A wire to PostgreSQL that is cut after a COMMIT went through and before its answer comes back."""

import socket
import threading
from pathlib import Path

SOCKET = ".s.PGSQL.5432"


class CuttingWire:
    """Stands in a folder of its own as the server's socket; `cut_after` so many commits, once."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.folder, self._server = folder, server
        self._left = 0
        self._lock = threading.Lock()
        self.cuts = 0
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / SOCKET))
        self._listening.listen(50)
        self._ended = False
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def cut_after(self, commits: int) -> None:
        with self._lock:
            self._left = commits

    def close(self) -> None:
        self._ended = True
        with socket.socket(socket.AF_UNIX) as last:
            last.connect(str(self.folder / SOCKET))
        self._thread.join()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            client, _ = self._listening.accept()
            if self._ended:
                client.close()
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self._server / SOCKET))
            pair = _Pair(client, server)
            threading.Thread(target=self._forward, args=(pair,), daemon=True).start()
            threading.Thread(target=pair.answer, daemon=True).start()

    def _forward(self, pair: "_Pair") -> None:
        while True:
            data = pair.receive(pair.client)
            if not data:
                return pair.close()
            if b"COMMIT" in data and self._is_the_one():
                pair.silent.set()
                pair.server.sendall(data)
                pair.answered.wait(10)
                self.cuts += 1
                return pair.close()
            pair.server.sendall(data)

    def _is_the_one(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left == 0


class _Pair:
    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server
        self.silent, self.answered = threading.Event(), threading.Event()

    def answer(self) -> None:
        while True:
            data = self.receive(self.server)
            if not data:
                return self.close()
            if self.silent.is_set():
                self.answered.set()
                return None
            self.client.sendall(data)

    def receive(self, side: socket.socket) -> bytes:
        try:
            return side.recv(65536)
        except OSError:
            return b""

    def close(self) -> None:
        for side in (self.client, self.server):
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
            finally:
                side.close()
