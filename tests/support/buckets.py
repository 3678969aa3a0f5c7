"""What an operator sets up on a bucket once, in the provider's console."""

from tasks.providers.store.r2 import R2Store


def allow_pages_of(origin: str, store: R2Store) -> None:
    """The CORS rule of the README, for the pages of `origin`."""
    store._s3.put_bucket_cors(
        Bucket=store._bucket,
        CORSConfiguration={
            "CORSRules": [
                {
                    "AllowedOrigins": [origin],
                    "AllowedMethods": ["PUT"],
                    "AllowedHeaders": ["content-type", "if-none-match"],
                    "MaxAgeSeconds": 3600,
                }
            ]
        },
    )
