"""Time series: CSV files, time stamps, calendars and windows."""
