"""What issuers, keys and key sets are; what tokens of Google, Entra and Kubernetes look like."""
