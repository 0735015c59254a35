"""Django's admin with our site in it; apart from the site, which needs models."""

from django.contrib.admin.apps import AdminConfig


class StaffConfig(AdminConfig):
    default_site = "ekyam.staff.StaffSite"
