"""What people and machines see over HTTP: pages and their JSON twins, health and metrics."""
