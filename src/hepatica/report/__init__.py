"""SHEETS: what a person reads, from what the engine computed."""

from hepatica.report.write import write_plan_report, write_report

__all__ = ["write_plan_report", "write_report"]
