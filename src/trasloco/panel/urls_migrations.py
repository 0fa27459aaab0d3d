"""Addresses of migrations, their accounts and logs."""

from __future__ import annotations

from django.urls import path

from trasloco.panel.views import (
    account,
    account_log,
    downloads,
    live_figures,
    migration,
    migration_actions,
    migration_list,
    once_more,
    pace,
    permissions,
)

urlpatterns = [
    path("", migration_list.migrations, name="migrations"),
    path("<slug:code>/", migration.migration, name="migration"),
    path("<slug:code>/mx/", migration.migration_mx, name="migration_mx"),
    path("<slug:code>/events/", live_figures.events, name="migration_events"),
    path("<slug:code>/figures/", live_figures.figures, name="migration_figures"),
    path("<slug:code>/progress/", live_figures.progress, name="migration_progress"),
    path("<slug:code>/pace/", pace.pace, name="migration_pace"),
    path("<slug:code>/again/", once_more.again, name="migration_again"),
    path("<slug:code>/permissions/", permissions.show, name="permissions"),
    path("<slug:code>/permissions/sign-in/", permissions.begin, name="permission_sign_in"),
    path("<slug:code>/permissions/answer/", permissions.answer, name="permission_answer"),
    path("<slug:code>/delete/", migration_actions.delete, name="migration_delete"),
    path("<slug:code>/do/<slug:verb>/", migration_actions.act, name="migration_act"),
    path("<slug:code>/runs/<int:number>/date/", migration_actions.run_date, name="run_date"),
    path("<slug:code>/report.<slug:form>", downloads.report, name="migration_report"),
    path("<slug:code>/proof.zip", downloads.proofs, name="migration_proof"),
    path("<slug:code>/accounts/<int:account_id>/", account.account, name="account"),
    path("<slug:code>/accounts/<int:account_id>/retry/", migration_actions.account_retry, name="account_retry"),
    path("<slug:code>/accounts/<int:account_id>/certificate/", migration_actions.account_certificate, name="account_certificate"),
    path("<slug:code>/accounts/<int:account_id>/report.<slug:form>", downloads.account_report, name="account_report"),
    path("<slug:code>/accounts/<int:account_id>/proof.zip", downloads.account_proof, name="account_proof"),
    path("<slug:code>/accounts/<int:account_id>/log/<int:number>/", account_log.account_log, name="account_log"),
    path("<slug:code>/accounts/<int:account_id>/parked/<int:parked_id>/", account.parked, name="account_parked"),
]
