"""The published document is valid, and a client generated from it type-checks and makes calls."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from servers import REPOSITORY, Server

HERE = pathlib.Path(__file__).resolve().parent
DOCUMENT = REPOSITORY / "openapi" / "openapi.json"


class PublishedDocument(unittest.TestCase):
    def test_is_valid_openapi_3_0(self) -> None:
        from openapi_spec_validator import OpenAPIV30SpecValidator
        from openapi_spec_validator.readers import read_from_filename

        document, url = read_from_filename(str(DOCUMENT))
        self.assertEqual(document["openapi"], "3.0.3")
        errors = list(OpenAPIV30SpecValidator(document, base_uri=url).iter_errors())
        self.assertEqual([error.message for error in errors], [])


class GeneratedClient(unittest.TestCase):
    folder: tempfile.TemporaryDirectory[str]
    server: Server

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory(prefix="supercargo-python-")
        cls.addClassCleanup(cls.folder.cleanup)
        generated = subprocess.run(
            [
                pathlib.Path(sys.executable).with_name("openapi-python-client"),
                "generate",
                "--path", DOCUMENT,
                "--config", HERE / "config.yml",
                "--meta", "none",
                "--output-path", pathlib.Path(cls.folder.name) / "supercargo_client",
                "--fail-on-warning",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if generated.returncode != 0:
            raise AssertionError(generated.stdout + generated.stderr)
        sys.path.insert(0, cls.folder.name)
        cls.addClassCleanup(sys.path.remove, cls.folder.name)
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)

    def test_type_checks(self) -> None:
        checked = subprocess.run(
            [sys.executable, "-m", "mypy", "--cache-dir", os.devnull, "-p", "supercargo_client"],
            cwd=self.folder.name,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_makes_calls(self) -> None:
        from supercargo_client import AuthenticatedClient
        from supercargo_client.api.auth_tokens import (
            auth_token_api_create_auth_token as create,
            auth_token_api_list_auth_tokens as list_tokens,
        )
        from supercargo_client.models import CastaiAuthtokenV1Beta1AuthToken as AuthToken

        with AuthenticatedClient(
            base_url=self.server.url, token=self.server.key, auth_header_name="X-API-Key", prefix=""
        ) as client:
            made = create.sync(client=client, body=AuthToken(name="python", readonly=False))
            listed = list_tokens.sync(client=client)
        self.assertTrue(made.token.startswith("scu_"))
        self.assertEqual([key.name for key in listed.items], ["admin", "python"])

    def test_an_error_is_an_error(self) -> None:
        from supercargo_client import Client
        from supercargo_client.api.auth_tokens import auth_token_api_list_auth_tokens as list_tokens

        with Client(base_url=self.server.url) as client:
            answer = list_tokens.sync_detailed(client=client)
        self.assertEqual(answer.status_code, 401)
        self.assertIn("key", answer.parsed.message)


if __name__ == "__main__":
    unittest.main()
