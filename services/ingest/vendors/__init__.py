"""What vendors tell beside live ticks: the past, companies and headlines."""
