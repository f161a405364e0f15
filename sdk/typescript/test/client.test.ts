import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { connect, type KubeNova, type Schema } from "../src/index.js";
import { type Server, startServer } from "./server.js";

let server: Server;
let api: KubeNova;

before(async () => {
  server = await startServer();
  api = connect({ baseUrl: server.baseUrl });
});

after(() => server?.stop());

/** A kubeconfig of a cluster that is not there. */
const kubeconfig = JSON.stringify({
  apiVersion: "v1",
  kind: "Config",
  "current-context": "dev",
  clusters: [{ name: "c", cluster: { server: "https://cluster.example:6443" } }],
  users: [{ name: "u", user: { token: "secret" } }],
  contexts: [{ name: "dev", context: { cluster: "c", user: "u" } }],
});

test("an app gets its first revision", async () => {
  const cluster = await api.POST("/clusters", {
    body: { name: "dev", kubeconfig: Buffer.from(kubeconfig).toString("base64"), labels: { env: "dev" } },
  });
  assert.deepEqual(cluster.error, undefined);
  assert.equal(cluster.data?.name, "dev");

  const inCluster = { cluster: "dev" };
  const tenant = await api.POST("/clusters/{cluster}/tenants", {
    params: { path: inCluster },
    body: { name: "acme", owners: ["owner@example.com"] },
  });
  assert.deepEqual(tenant.data?.owners, ["owner@example.com"]);

  const inTenant = { ...inCluster, tenant: "acme" };
  const project = await api.POST("/clusters/{cluster}/tenants/{tenant}/projects", {
    params: { path: inTenant },
    body: { name: "web" },
  });
  assert.equal(project.response.status, 200);

  const inProject = { ...inTenant, project: "web" };
  const web: Schema<"Component"> = { name: "web", type: "webservice", properties: { image: "nginx:1.29" } };
  const app = await api.POST("/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps", {
    params: { path: inProject },
    body: { name: "hello", components: [web] },
  });
  assert.equal(app.data?.components?.[0]?.name, "web");

  const ofApp = { ...inProject, app: "hello" };
  const deploy = await api.POST("/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}:deploy", {
    params: { path: ofApp },
  });
  assert.equal(deploy.response.status, 202);
  const revisions = await api.GET("/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}/revisions", {
    params: { path: ofApp },
  });
  assert.deepEqual(revisions.data?.map((r) => r.revision), [1]);
});

test("an error has a code and a message", async () => {
  const missing = await api.GET("/clusters/{cluster}", { params: { path: { cluster: "missing" } } });
  assert.equal(missing.response.status, 404);
  assert.equal(missing.error?.code, "KN-404");
  assert.match(missing.error?.message ?? "", /missing/);
});

test("a token is sent", async () => {
  let sent: string | null = null;
  const client = connect({
    baseUrl: server.baseUrl,
    token: "a-token",
    fetch: (request) => {
      sent = request.headers.get("Authorization");
      return fetch(request);
    },
  });
  const me = await client.GET("/me");
  assert.equal(me.response.status, 200);
  assert.equal(sent, "Bearer a-token");
});

test("what the contract does not have does not compile", () => {
  // @ts-expect-error there is no such path
  void (() => api.GET("/nowhere"));
  // @ts-expect-error a cluster has a name
  const nameless: Schema<"ClusterCreate"> = { kubeconfig: "" };
  assert.ok(nameless);
});
