"""One API call on its way through the sandbox: the request, the books, and the id in its path."""

from dataclasses import dataclass

from . import params
from .books import Books, Json
from .params import Shape
from .wire import Request


@dataclass
class Call:
    books: Books
    request: Request
    id: str = ""

    def read(self, shape: Shape, *, required: tuple[str, ...] = ()) -> Json:
        """The call's parameters by a shape; `expand` is welcome everywhere."""
        given = {name: value for name, value in self.request.params.items() if name != "expand"}
        return params.read(given, shape, required=required)
