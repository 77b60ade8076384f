import type { lookup } from "node:dns";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { guardedLookup, literalRefused, mayReach } from "./http-guard.ts";
import { openHttp } from "./http.ts";
import { path } from "./http-path.ts";

const METADATA = [
  "169.254.169.254",
  "169.254.170.2",
  "100.100.100.200",
  "168.63.129.16",
  "192.0.0.192",
  "fd00:ec2::254",
  "fe80::1",
  "fe80::1%eth0",
  "::ffff:169.254.169.254",
  "::ffff:a9fe:a9fe",
  "::169.254.169.254",
  "64:ff9b::a9fe:a9fe",
  "2002:a9fe:a9fe::",
  "0.0.0.0",
  "::",
  "224.0.0.1",
  "255.255.255.255",
  "ff02::1",
];
const INSIDE = [
  "127.0.0.1",
  "127.9.9.9",
  "::1",
  "::ffff:127.0.0.1",
  "10.1.2.3",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.0.1",
  "100.64.0.1",
  "::ffff:10.0.0.1",
  "fd12::1",
  "fc00::1",
];
const OUTSIDE = [
  "1.1.1.1",
  "172.32.0.1",
  "172.15.0.1",
  "9.255.255.255",
  "11.0.0.0",
  "2606:4700::1111",
  "::ffff:1.1.1.1",
];

describe("the address guard", () => {
  it.each(METADATA)("never lets anybody reach %s", (address) => {
    for (const reach of ["public", "private", "any"] as const) expect(mayReach(address, reach)).toBe(false);
  });

  it.each(INSIDE)("counts %s as private", (address) => {
    expect(mayReach(address, "public")).toBe(false);
    expect(mayReach(address, "private")).toBe(true);
    expect(mayReach(address, "any")).toBe(true);
  });

  it.each(OUTSIDE)("counts %s as public", (address) => {
    expect(mayReach(address, "public")).toBe(true);
    expect(mayReach(address, "private")).toBe(false);
    expect(mayReach(address, "any")).toBe(true);
  });

  it.each(["http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://[::ffff:7f00:1]/", "http://127.1/"])(
    "sees through the spelling %s",
    (url) => {
      expect(literalRefused(new URL(url).hostname, "public")).toBe(true);
    },
  );

  it("hands over exactly the addresses that it judged", async () => {
    const look = guardedLookup("public", resolverOf("1.1.1.1", "2606:4700::1111"));
    const found = await new Promise((done) => look("x.test", { all: true }, (_error, addresses) => done(addresses)));
    expect(found).toEqual([
      { address: "1.1.1.1", family: 4 },
      { address: "2606:4700::1111", family: 6 },
    ]);
    const one = await new Promise((done) => look("x.test", {}, (_error, address, family) => done([address, family])));
    expect(one).toEqual(["1.1.1.1", 4]);
  });

  it.each([["127.0.0.1"], ["1.1.1.1", "169.254.169.254"], []])(
    "refuses a name that resolves to %j",
    async (...addresses) => {
      const look = guardedLookup("public", resolverOf(...addresses));
      const error = await new Promise((done) => look("x.test", { all: true }, done));
      expect(error).toMatchObject({ code: "ADDRESS_REFUSED" });
    },
  );

  it.each(["localhost", "127.0.0.1"])("stops a client before it connects to %s", async (host) => {
    let connections = 0;
    const server = createServer((_request, response) => response.end()).on("connection", () => (connections += 1));
    await new Promise<void>((done) => server.listen(0, done));
    const { port } = server.address() as AddressInfo;
    const clock = { now: () => new Date(0), monotonicMs: () => 0 };
    const at = (reach: "public" | "any") =>
      openHttp({ vendor: "test", baseUrl: `http://${host}:${port}`, headers: () => ({}), clock, reach });
    await using closed = at("public");
    await using allowed = at("any");
    const signal = new AbortController().signal;
    const refusal = closed.send({ method: "POST", path: path`/` }, signal);
    await expect(refusal).rejects.toMatchObject({ name: "Terminal", reason: "AddressRefused" });
    expect(connections).toBe(0);
    expect((await allowed.send({ method: "POST", path: path`/` }, signal)).status).toBe(200);
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
});

/** Stands in for DNS, which a test cannot own. */
function resolverOf(...addresses: string[]): typeof lookup {
  const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  const fake = (_name: string, _options: object, callback: (error: null, found: object[]) => void) => {
    callback(null, found);
  };
  return fake as unknown as typeof lookup;
}
