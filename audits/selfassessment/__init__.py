"""What a site says of itself before an audit: answers, documents, and how they compare with what was found."""
