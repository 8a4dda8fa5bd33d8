// A client generated from our document compiles strictly and does what it says.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import createClient from "openapi-fetch";

import type { paths } from "../generated/supercargo.js";
import { type RunningServer, startServer } from "./server.js";

let server: RunningServer;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

test("makes a key, lists it and deletes it", async () => {
  const client = createClient<paths>({ baseUrl: server.url, headers: { "X-API-Key": server.key } });

  const made = await client.POST("/v1/auth/tokens", { body: { name: "typescript", readonly: true } });
  assert.equal(made.response.status, 200);
  const { id, token } = made.data ?? {};
  assert.ok(id !== undefined && token !== undefined);

  const listed = await client.GET("/v1/auth/tokens");
  assert.deepEqual(listed.data?.items?.map((key) => key.name), ["admin", "typescript"]);

  const deleted = await client.DELETE("/v1/auth/tokens/{id}", { params: { path: { id } } });
  assert.equal(deleted.response.status, 200);
});

test("an error has the documented form", async () => {
  const client = createClient<paths>({ baseUrl: server.url });
  const refused = await client.GET("/v1/auth/tokens");
  assert.equal(refused.response.status, 401);
  assert.ok(refused.error !== undefined && "message" in refused.error);
  assert.match(refused.error.message ?? "", /key/);
});
