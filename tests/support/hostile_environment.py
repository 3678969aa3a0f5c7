"""Variables that other people export on their machines, for other programs, and what ours must make of them:
nothing. None of them is documented as a setting of Storykin.
"""

NOWHERE = "http://127.0.0.1:9"  # nobody listens there

HOSTILE = {
    # Postgres: libpq reads them all.
    "PGHOST": "db.invalid",
    "PGHOSTADDR": "192.0.2.1",
    "PGPORT": "1",
    "PGUSER": "nobody",
    "PGPASSWORD": "wrong",
    "PGDATABASE": "nothing",
    "PGSERVICE": "missing",
    "PGPASSFILE": "/nowhere",
    "PGOPTIONS": "-c search_path=nowhere",
    "PGSSLMODE": "verify-full",
    "PGSSLROOTCERT": "/nowhere",
    "PGCLIENTENCODING": "LATIN1",
    "PGDATA": "/nowhere",
    # Prefect: somebody's cloud account, and another server.
    "PREFECT_API_KEY": "pnu_somebody",
    "PREFECT_PROFILE": "cloud",
    "PREFECT_PROFILES_PATH": "/nowhere",
    "PREFECT_HOME": "/nowhere",
    "PREFECT_API_TLS_INSECURE_SKIP_VERIFY": "true",
    "PREFECT_SERVER_API_HOST": "192.0.2.1",
    "PREFECT_SERVER_API_PORT": "1",
    "PREFECT_SERVER_API_BASE_PATH": "/elsewhere",
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_SERVER_UI_SERVE_BASE": "/elsewhere",
    "PREFECT_UI_API_URL": f"{NOWHERE}/api",
    "PREFECT_CLIENT_CUSTOM_HEADERS": '{"X-Somebody": "else"}',
    "PREFECT_LOGGING_LEVEL": "DEBUG",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "true",
    "PREFECT_WORKER_HEARTBEAT_SECONDS": "600",
    # Gradio
    "GRADIO_SERVER_NAME": "0.0.0.0",
    "GRADIO_SERVER_PORT": "1",
    "GRADIO_ROOT_PATH": "/elsewhere",
    "GRADIO_SHARE": "true",
    "GRADIO_TEMP_DIR": "/nowhere",
    "GRADIO_ALLOWED_PATHS": "/",
    "GRADIO_ANALYTICS_ENABLED": "true",
    "GRADIO_SSR_MODE": "true",
    "GRADIO_NODE_SERVER_NAME": "0.0.0.0",
    # OpenAI, AWS
    "OPENAI_ORG_ID": "org-somebody",
    "OPENAI_PROJECT_ID": "proj_somebody",
    "OPENAI_LOG": "debug",
    "OPENAI_DEFAULT_HEADERS": "nonsense",
    "AWS_PROFILE": "missing",
    "AWS_CONFIG_FILE": "/nowhere",
    "AWS_ENDPOINT_URL": NOWHERE,
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_REGION": "us-gov-west-1",
    # Proxies: dead ones, and exceptions in forms that not every library takes.
    "HTTP_PROXY": NOWHERE,
    "HTTPS_PROXY": NOWHERE,
    "ALL_PROXY": "socks5://127.0.0.1:9",
    "NO_PROXY": "::1, [fe80::1]:80 *.corp.example;10.0.0.0/8",
    # Servers and tools
    "HOST": "0.0.0.0",
    "PORT": "1",
    "WEB_CONCURRENCY": "4",
    "FORWARDED_ALLOW_IPS": "*",
    "UVICORN_PORT": "1",
    "ALEMBIC_CONFIG": "/nowhere",
    "DEBUG": "true",
    "LOG_LEVEL": "loud",
    "TZ": "Pacific/Chatham",
}
