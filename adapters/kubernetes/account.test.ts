import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { listening } from "../conformance/wire.ts";
import { accountOf, never } from "./bench.fixture.ts";
import { kubernetesFrom } from "./kubernetes.ts";

const folder = mkdtempSync(join(tmpdir(), "velvet-pod-"));
const clock = { now: () => new Date(), monotonicMs: () => performance.now() };

afterAll(() => rmSync(folder, { recursive: true }));

function certificate(name: string) {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const names = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync("openssl", ["req", "-x509", ...kind, ...names, "-keyout", key, "-out", cert], { stdio: "ignore" });
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
}

/** An API server that says by whose token it was asked. */
function telling(name: string) {
  const server = createServer(certificate(name), (request, response) => {
    const username = request.headers.authorization?.slice("Bearer ".length);
    response.end(JSON.stringify({ status: { userInfo: { username } } }));
  });
  return listening(server);
}

it("in its own cluster reads the pod's token and authority again at each request", async () => {
  await using server = await telling("one");
  cpSync(join(folder, "one.crt"), join(folder, "ca.crt"));
  writeFileSync(join(folder, "token"), "first\n");
  const address = server.url.replace("http:", "https:");
  const { endpoint: _, ...account } = accountOf("", { config: { inCluster: true } });
  await using connection = kubernetesFrom({ address, folder }).connect(account, clock);
  expect(await connection.probe(never)).toMatchObject({ ready: true, message: expect.stringContaining("first") });
  writeFileSync(join(folder, "token"), "second\n");
  expect(await connection.probe(never)).toMatchObject({ ready: true, message: expect.stringContaining("second") });
  certificate("other");
  cpSync(join(folder, "other.crt"), join(folder, "ca.crt"));
  expect(await connection.probe(never)).toMatchObject({ ready: false, reason: "TlsFailed" });
  rmSync(join(folder, "token"));
  expect(await connection.probe(never)).toMatchObject({ ready: false, reason: "AccountSecretMissing" });
});

it("sends the pod's token to no endpoint that is named as well", async () => {
  await using server = await telling("elsewhere");
  cpSync(join(folder, "elsewhere.crt"), join(folder, "ca.crt"));
  writeFileSync(join(folder, "token"), "own");
  const address = server.url.replace("http:", "https:");
  const account = accountOf(address, { config: { inCluster: true } });
  await using connection = kubernetesFrom({ address, folder }).connect(account, clock);
  expect(await connection.probe(never)).toMatchObject({ ready: false, reason: "EndpointInvalid" });
  expect(server.connections()).toBe(0);
});
