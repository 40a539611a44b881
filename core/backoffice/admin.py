"""Staff logins, and what the machinery puts on Today: e-mails that were given up, jobs that need a hand."""

from datetime import datetime

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from core.backoffice import (  # noqa: F401 (they register their pages)
    bulk_admin,
    navigation,
    reports_admin,
    today,
)
from core.mail.models import Message, MessageState
from core.outbox.models import Delivery
from core.outbox.models import State as DeliveryState
from core.sagas.models import SagaRun
from core.two_step import services as two_step

# Roles come from the wiring; a group changed by hand would be put back by the next migrate.
admin.site.unregister(Group)
admin.site.unregister(User)


@admin.register(User)
class StaffAdmin(UserAdmin, ModelAdmin):
    """Who may sign in, and in which role."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "is_active")
    list_filter = ("is_active", "groups")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Role", {"fields": ("is_active", "is_staff", "groups")}),
        ("Sign-in", {"fields": ("two_step",)}),
    )
    readonly_fields = ("two_step",)

    @admin.display(description="two-step sign-in")
    def two_step(self, person: User) -> str:
        if not two_step.is_set_up(person.pk):
            return "Off"
        address = reverse("two_step:remove", args=[person.pk])
        return format_html('On. <a href="{}">Lost phone and codes? Remove it</a>', address)


def messages_not_sent(now: datetime) -> today.Count:
    states = (MessageState.FAILED, MessageState.DEAD)
    return today.Count(
        title="Messages not sent",
        number=Message.objects.filter(state__in=states).count(),
        url=navigation.list_url("mail.message") + f"?state__in={','.join(states)}",
        icon="mail",
        note="Open them to see why",
        nothing="All confirmations delivered",
    )


def jobs_that_need_a_hand(now: datetime) -> today.Count:
    stuck = SagaRun.objects.needs_attention().count()
    gave_up = Delivery.objects.filter(state=DeliveryState.GAVE_UP).count()
    return today.Count(
        title="Jobs that need a hand",
        number=stuck + gave_up,
        url=navigation.list_url("sagas.sagarun"),
        icon="account_tree",
        note=f"{stuck} booking journeys, {gave_up} events",
        nothing="Nothing stuck",
    )


today.add_count(40, "mail.view_message", messages_not_sent)
today.add_count(50, "sagas.view_sagarun", jobs_that_need_a_hand)
