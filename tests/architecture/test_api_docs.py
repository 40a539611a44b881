import pytest


@pytest.mark.django_db
class TestApiDocs:
    def test_the_page_runs_no_inline_script(self, client):
        answer = client.get("/api/v1/docs/")

        assert answer.status_code == 200
        assert "<script>" not in answer.content.decode()
        policy = {part.strip() for part in answer["Content-Security-Policy"].split(";")}
        assert "script-src 'self'" in policy

    def test_its_script_names_our_schema(self, client):
        answer = client.get("/api/v1/docs/?script=")

        assert b"/api/v1/schema/" in answer.content

    def test_the_schema_lists_the_payment_call(self, client):
        schema = client.get("/api/v1/schema/?format=json").json()

        assert "/api/v1/bookings/{token}/payments/" in schema["paths"]
