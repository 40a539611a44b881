from django.urls import path

from core.performance.vitals import vitals

app_name = "performance"
urlpatterns = [path("vitals", vitals, name="vitals")]
