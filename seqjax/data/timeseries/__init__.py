"""Time series: CSV files in, standardised windows out."""
