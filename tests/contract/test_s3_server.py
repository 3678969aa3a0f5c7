"""The S3 server of the tests goes on, however much it has to say."""

from tasks.providers.store.s3_client import s3_client
from tests.contract.conftest import new_bucket
from tests.support.s3_server import ACCESS_KEY, SECRET_KEY, S3Server

FOLDER = "/".join(["folder" * 30] * 4)  # the longer it is, the more is said about it
PIPE_BYTES = 65536  # what a pipe holds that nobody reads


def test_it_goes_on_when_it_has_said_more_than_a_pipe_holds(s3: S3Server) -> None:
    bucket = new_bucket(s3)
    client = s3_client(
        endpoint_url=s3.url,
        access_key_id=ACCESS_KEY,
        secret_access_key=SECRET_KEY,
        region="us-east-1",
        verify=s3.certificate,
    )
    client.put_object(Bucket=bucket, Key=f"{FOLDER}/stays", Body=b"1")
    for _ in range(PIPE_BYTES // len(FOLDER) + 1):
        client.put_object(Bucket=bucket, Key=f"{FOLDER}/goes", Body=b"1")
        client.delete_object(Bucket=bucket, Key=f"{FOLDER}/goes")  # "Dir.Remove not empty"
    assert client.get_object(Bucket=bucket, Key=f"{FOLDER}/stays")["Body"].read() == b"1"
