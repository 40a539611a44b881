from django.urls import path

from core.two_step import views

app_name = "two_step"
urlpatterns = [
    path("", views.code, name="code"),
    path("set-up/", views.set_up, name="set_up"),
    path("mine/", views.mine, name="mine"),
    path("remove/<int:user_id>/", views.remove, name="remove"),
]
