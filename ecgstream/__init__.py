"""Watch ECG archives in Parquet at their real pace."""
