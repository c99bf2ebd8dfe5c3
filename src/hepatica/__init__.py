"""Hepatica plans, evaluates and follows the treatment of liver metastases.

Research use only; not a medical device.
"""

__version__ = "0.1.0"
