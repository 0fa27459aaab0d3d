"""Addresses of the steps of a new migration."""

from __future__ import annotations

from django.urls import path

from trasloco.panel.views import wizard, wizard_check, wizard_servers

urlpatterns = [
    path("", wizard.new, name="new_migration"),
    path("templates.zip", wizard.templates, name="csv_templates"),
    path("<slug:code>/type/", wizard.source_type, name="new_type"),
    path("<slug:code>/csv/", wizard.csv, name="new_csv"),
    path("<slug:code>/csv/forget-credentials/", wizard.forget_oauth, name="new_forget_oauth"),
    path("<slug:code>/check/", wizard_check.check, name="new_check"),
    path("<slug:code>/check/table/", wizard_check.check_part, name="new_check_table"),
    path("<slug:code>/check/again/", wizard_check.check_again, name="new_check_again"),
    path("<slug:code>/check/leave-out/", wizard_check.leave, name="new_leave_out"),
    path("<slug:code>/check/find-servers/", wizard_servers.find, name="new_find_servers"),
    path("<slug:code>/check/take-servers/", wizard_servers.take, name="new_take_servers"),
    path("<slug:code>/check/<int:account_id>/", wizard_check.correct, name="new_correct"),
    path("<slug:code>/when/", wizard.when, name="new_when"),
    path("<slug:code>/review/", wizard.review, name="new_review"),
    path("<slug:code>/review/mail-servers/", wizard.mail_servers, name="new_mail_servers"),
]
