"""Where figures go, a file each. Only the exporters' process imports them."""
