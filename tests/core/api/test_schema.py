"""The API's description tells its problems and its idempotency header."""

import pytest
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import spectacular_settings

from core.api import schema as bits
from tests.core import doors

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def schema():
    assert "core.api.schema.add_problems" in [
        f"{hook.__module__}.{hook.__name__}" for hook in spectacular_settings.POSTPROCESSING_HOOKS
    ]
    patterns = [path("orders/", doors.OrderView.as_view())]
    return SchemaGenerator(patterns=patterns).get_schema(request=None, public=True)


class TestSchema:
    def test_describes_problems_of_every_call(self, schema):
        for operations in schema["paths"].values():
            for operation in operations.values():
                for status in ("400", "429", "503", "default"):
                    content = operation["responses"][status]["content"]
                    assert content["application/problem+json"]["schema"] == {
                        "$ref": "#/components/schemas/Problem"
                    }
        assert schema["components"]["schemas"]["Problem"] == bits.PROBLEM

    def test_names_the_idempotency_header_where_it_is_honoured(self, schema):
        (parameter,) = schema["paths"]["/orders/"]["post"]["parameters"]

        assert (parameter["name"], parameter["in"]) == ("Idempotency-Key", "header")
