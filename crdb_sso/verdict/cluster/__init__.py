"""What a cluster's version and settings say about logins, read as the cluster itself reads them."""
