"""GET /bookings/{token}/documents/."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from courses import selectors as courses
from invoicing import selectors
from invoicing.api.serializers import DocumentListOutput
from invoicing.models import Document


class DocumentList(APIView):
    """A booking's invoices and credit notes with the addresses of their PDFs. The link is the key."""

    permission_classes = [AllowAny]

    @extend_schema(responses=DocumentListOutput, operation_id="booking_documents")
    def get(self, request: Request, token: str) -> Response:
        booking = courses.booking_by_token(token)
        found = [
            self._with_address(request, token, each) for each in selectors.documents_of(booking.pk)
        ]
        return Response(DocumentListOutput({"results": found}).data)

    def _with_address(self, request: Request, token: str, document: Document) -> Any:
        address = reverse("invoicing:document_pdf", args=[token, document.label])
        document.pdf = request.build_absolute_uri(address)  # type: ignore[attr-defined]
        return document
