"""A process of its own that delivers one webhook many times: `python -m tests.races.deliver TIMES < message`.

Says "ready" and starts at the next line on its input; prints how often the inbox took it.
"""

import json
import sys
import threading


def main() -> None:
    import django

    django.setup()
    from django.db import connection

    from core import clock
    from payments.services import webhooks

    message = json.loads(sys.stdin.readline())
    stored: list[bool] = []

    def deliver() -> None:
        event = webhooks.receive(
            body=message["body"].encode(), signature=message["signature"], now=clock.now()
        )
        stored.append(event is not None)
        if event is not None:
            webhooks.process(event_pk=event.pk, now=clock.now())
        connection.close()

    threads = [threading.Thread(target=deliver) for _ in range(int(sys.argv[1]))]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.stdout.write(f"{sum(stored)} of {len(stored)}\n")


if __name__ == "__main__":
    main()
