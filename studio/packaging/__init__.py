"""What `build.spec` and `python run.py package` are made of: contents, icons, torch without CUDA, the check."""
