"""nginx before the studio, as docs/howto/behind_a_proxy.md says, and before both of Prefect's servers."""

from pathlib import Path

from tests.support.certificates import Certificate
from tests.support.front_proxies import Front, nginx_config
from tests.topology.composed import Part
from tests.topology.ground import Ground, Programs

_PREFECT = """
upstream prefect {{
    server 127.0.0.1:{one} max_fails=1 fail_timeout=2s;
    server 127.0.0.1:{two} max_fails=1 fail_timeout=2s;
}}
map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
server {{
    listen 127.0.0.1:{port};
    client_max_body_size 8m;
    location / {{
        proxy_pass http://prefect;
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
        proxy_read_timeout 1h;
        proxy_connect_timeout 2s;
    }}
}}
"""


def nginx_part(ground: Ground, programs: Programs, certificate: Certificate) -> Part:
    """nginx with both, in the foreground."""
    folder = ground.folder / "nginx"
    folder.mkdir(exist_ok=True)
    studio = nginx_config(Front(ground.ports["studio"], ground.ports["studio-1"], certificate))
    prefect = _PREFECT.format(
        one=ground.ports["prefect-1"], two=ground.ports["prefect-2"], port=ground.ports["prefect"]
    )
    file = folder / "nginx.conf"
    file.write_text(_whole(folder, studio + prefect))
    return Part(
        "nginx",
        (programs.nginx, "-c", str(file), "-e", str(folder / "errors")),
        {"HOME": str(folder)},
    )


def _whole(folder: Path, servers: str) -> str:
    kept = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{each}_temp_path {folder}/{each};" for each in kept)
    return (
        f"daemon off; pid {folder}/pid; error_log {folder}/errors;\nworker_processes 1;\nevents {{}}\n"
        f"http {{ access_log off; {temporary}\n{servers} }}\n"
    )
