"""Prefect flows around the planner: no planning logic here, and nothing sent to anybody."""

import os

# Before Prefect is imported: no telemetry, and time enough for the private server to start on a busy machine.
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "180")
os.environ.setdefault("PREFECT_RESULTS_DEFAULT_SERIALIZER", "json")
# Its newer pages ask a service for statistics in the reader's browser, whatever the server is told; the older do not.
os.environ.setdefault("PREFECT_SERVER_UI_V2_ENABLED", "false")
os.environ.setdefault("PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT", "false")
