"""Our database backend without the wrapper that looks at each statement, to measure what it costs."""

from typing import Any

from core.database import watching
from core.database.backend import base


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.remove(watching.watch)
