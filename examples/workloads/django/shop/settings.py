"""What this project needs of Django: its database, and one application."""

DATABASES = {"default": {"ENGINE": "shop.database", "NAME": "defaultdb"}}
DISABLE_COCKROACHDB_TELEMETRY = True  # it asks crdb_internal, which is closed from 26.1 on
INSTALLED_APPS = ["orders"]
USE_TZ = True
