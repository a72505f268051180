"""Command support (hỗ trợ chỉ huy): rooms in which a leader commands an incident, with orders, resources, log and reports."""
