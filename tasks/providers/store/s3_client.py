"""The one place that builds an S3 client, and the one that puts its errors into words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
from botocore.exceptions import BotoCoreError, ClientError, ProxyConnectionError, SSLError
from botocore.handlers import add_expect_header

from db.ids import utc_now
from db.told import told
from tasks.errors import StoreError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

R2_CONFIG = Config(
    signature_version="s3v4",  # without it, some regions presign with version 2
    s3={"addressing_style": "path"},
    # boto3's default sends a checksum trailer over https, which R2 answers with NotImplemented.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 3},
    use_fips_endpoint=False,
    use_dualstack_endpoint=False,
)
_MAKING = Lock()
MISSING = {"NoSuchKey", "NotFound", "404"}
ALREADY_THERE = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
_DENIED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "Unauthorized", "401", "403"}
_TOO_SKEWED = "RequestTimeTooSkewed"
_MOST_SKEW = timedelta(minutes=15)  # beyond it, S3 believes no signature


def s3_client(
    *,
    endpoint_url: str,
    access_key_id: str,
    secret_access_key: str,
    region: str = "auto",
    verify: str | bool = True,
) -> "S3Client":
    """A client for R2 or any S3 server. `verify` may name a certificate file to trust."""
    with _MAKING:  # a client is thread-safe, making one is not
        client: S3Client = _session().client(
            "s3",
            endpoint_url=endpoint_url,
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret_access_key,
            region_name=region,
            verify=verify,
            config=R2_CONFIG,
        )
    # boto3 asks before it sends (Expect: 100-continue). R2 never answers that, and each write waits a second.
    client.meta.events.unregister("before-call.s3", add_expect_header)
    return client


@lru_cache(maxsize=1)
def _session() -> boto3.session.Session:
    """boto3's books, read once: that takes longer than everything else about a client.

    No profile, no file and no variable of somebody's AWS account has a say: everything a client needs is
    given to it.
    """
    ours = {
        name: (setting, None, default, convert)
        for name, (setting, _variable, default, convert) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
    }
    for file in ("config_file", "credentials_file"):
        ours[file] = (None, None, os.devnull, None)
    return boto3.session.Session(botocore_session=botocore.session.Session(session_vars=ours))


def error_code(error: ClientError) -> str:
    """The server's own word for what went wrong."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def s3_errors_as_sentences() -> Iterator[None]:
    """Turn boto3's errors into a StoreError that names no key, no secret and no address."""
    try:
        yield
    except ClientError as error:
        raise _in_words(error) from None
    except SSLError:
        raise StoreError(
            "No safe connection to the picture store could be made: its certificate is not trusted here. If "
            "an authority of your own has signed it, name that one's certificate in R2_CA_FILE.",
            code="store_unreachable",
        ) from None
    except ProxyConnectionError as error:
        raise StoreError(_by_proxy(error), code="store_unreachable") from None
    except BotoCoreError as error:
        raise StoreError(
            told(
                "The picture store could not be reached (%(why)s). Try again in a minute.",
                why=type(error).__name__,
            ),
            code="store_unreachable",
        ) from None


def _by_proxy(error: ProxyConnectionError) -> str:
    if "socks" in str(error.kwargs.get("proxy_url", "")):  # botocore knows HTTP proxies alone
        return (
            "The picture store can't be reached through a SOCKS proxy. Give HTTPS_PROXY an HTTP proxy, or "
            "name the store's host in NO_PROXY."
        )
    return (
        "The picture store could not be reached: the proxy that HTTPS_PROXY names is not there, or does not "
        "let us through. Check the proxy, or name the store's host in NO_PROXY."
    )


def _in_words(error: ClientError) -> StoreError:
    code = error_code(error)
    if code in MISSING:
        return StoreError("This picture is no longer kept.", code="object_missing")
    if code == "NoSuchBucket":
        return StoreError("The picture store has no such bucket. Check R2_BUCKET.", code="store_denied")
    if code == _TOO_SKEWED or (code in _DENIED and _clock_is_off(error)):
        return StoreError(
            "The picture store turned us away because this machine's clock is wrong. Set the clock (NTP does "
            "it by itself).",
            code="store_denied",
        )
    if code in _DENIED:
        return StoreError(
            "The picture store turned us away. Check its access key, its secret and what they may do.",
            code="store_denied",
        )
    return StoreError(
        told(
            "The picture store could not do it (%(known)s). Try again in a minute.",
            known=code or "no reason given",
        ),
        code="store_unreachable",
    )


def _clock_is_off(error: ClientError) -> bool:
    """By the answer's Date: the answer to a HEAD has no body to say so in."""
    date = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return False
    return theirs.tzinfo is not None and abs(utc_now() - theirs) > _MOST_SKEW
