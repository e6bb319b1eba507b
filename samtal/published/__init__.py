"""What the services publish, told to others: JSON Schemas, AsyncAPI, a page, samples."""
