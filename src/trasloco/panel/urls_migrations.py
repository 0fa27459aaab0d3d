"""Addresses of migrations, their accounts and logs."""

from __future__ import annotations

from django.urls import path

from trasloco.panel.views import migrations

urlpatterns = [
    path("", migrations.migrations, name="migrations"),
    path("<slug:code>/", migrations.migration, name="migration"),
    path("<slug:code>/delete/", migrations.delete, name="migration_delete"),
    path("<slug:code>/do/<slug:verb>/", migrations.act, name="migration_act"),
    path("<slug:code>/accounts/<int:account_id>/", migrations.account, name="account"),
    path("<slug:code>/accounts/<int:account_id>/log/<int:number>/", migrations.account_log, name="account_log"),
    path("<slug:code>/accounts/<int:account_id>/parked/<int:parked_id>/", migrations.parked, name="account_parked"),
]
