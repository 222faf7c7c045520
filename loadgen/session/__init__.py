"""Plan to Result: joins the parts, watches, drains."""
