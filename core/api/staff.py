"""Staff calls: who is signed in to the back office, with the permission that the call names."""

from typing import Any

from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class MayDo(BasePermission):
    """A member of staff with the permission that the view names for the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        needed = view.needs.get(request.method, view.needs["GET"])
        return bool(user and user.is_active and user.is_staff and user.has_perm(needed))


class StaffView(APIView):
    authentication_classes = [SessionAuthentication]
    permission_classes = [MayDo]
    needs: dict[str, str] = {}


def actor(request: Request) -> str:
    """As the back office names them: one person, one name in every history."""
    return f"staff:{request.user.pk}"
