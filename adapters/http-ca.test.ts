import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { failure, listening } from "./conformance/wire.ts";
import { Transient } from "./errors.ts";
import type { Http } from "./http.ts";
import { openHttp } from "./http.ts";
import { path } from "./http-path.ts";

const folder = mkdtempSync(join(tmpdir(), "velvet-ca-"));
const never = new AbortController().signal;
const clock = { now: () => new Date(), monotonicMs: () => performance.now() };

afterAll(() => rmSync(folder, { recursive: true }));

/** A certificate for 127.0.0.1 that vouches for itself. */
function certificate(name: string) {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const names = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync("openssl", ["req", "-x509", ...kind, ...names, "-keyout", key, "-out", cert], { stdio: "ignore" });
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
}

async function ask(http: Http): Promise<string> {
  return (await http.send({ method: "GET", path: path`/` }, never)).text();
}

it("trusts the authority of the account, asks for it again at each request, and trusts no other", async () => {
  const [one, other] = [certificate("one"), certificate("other")];
  await using server = await listening(createServer(one, (_request, response) => response.end("in")));
  let ca: string | undefined = one.cert;
  const baseUrl = server.url.replace("http:", "https:");
  await using http = openHttp({ vendor: "test", baseUrl, headers: () => ({}), clock, ca: () => ca });
  for (let request = 0; request < 6; request += 1) expect(await ask(http)).toBe("in");
  // An authority that did not change costs no new connection for each request.
  expect(server.connections()).toBeLessThan(4);
  for (const changed of [other.cert, undefined]) {
    ca = changed;
    const error = await failure(ask(http));
    expect(error).toBeInstanceOf(Transient);
    expect(error).toMatchObject({ reason: "TlsFailed" });
  }
  ca = one.cert;
  expect(await ask(http)).toBe("in");
});
