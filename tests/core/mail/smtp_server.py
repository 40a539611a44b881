"""A small mail server on a real socket, that takes, refuses, hangs up, or takes and then hangs up."""

import socketserver
import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message


@dataclass
class Behaviour:
    """What the server answers; `None` closes the connection in place of an answer."""

    greeting: bytes | None = b"220 ready"
    recipient: bytes | None = b"250 ok"
    data: bytes | None = b"250 taken"
    kept: list[Message] = field(default_factory=list)
    greeted: int = 0
    messages_max: int | None = None  # so many on one connection, then it is closed without a word


class _Session(socketserver.StreamRequestHandler):
    timeout = 10

    def handle(self) -> None:
        behaviour: Behaviour = self.server.behaviour
        behaviour.greeted += 1
        taken = 0
        if not self._say(behaviour.greeting):
            return
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self._say(b"354 go on")
                behaviour.kept.append(message_from_bytes(self._body()))
                answer = behaviour.data
                taken += 1
            elif verb == b"RCPT":
                answer = behaviour.recipient
            else:
                answer = b"221 bye" if verb == b"QUIT" else b"250 ok"
            if not self._say(answer) or verb == b"QUIT" or taken == behaviour.messages_max:
                return

    def _body(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        return b"".join(lines)

    def _say(self, answer: bytes | None) -> bool:
        if answer is not None:
            self.wfile.write(answer + b"\r\n")
        return answer is not None


class SmtpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.behaviour = Behaviour()

    @property
    def port(self) -> int:
        return self.server_address[1]

    def __enter__(self) -> "SmtpServer":
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self.shutdown()
        self.server_close()
        self.thread.join(5)
