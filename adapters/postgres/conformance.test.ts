import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { constant, integer, record, string } from "fast-check";
import { afterAll, beforeAll, describe } from "vitest";
import { asSuperuser, testServer } from "../../test/support/postgres.ts";
import { issuerConformance } from "../conformance/issuer.ts";
import { canary, type IssuerBench } from "../conformance/issuer-bench.ts";
import { behaving } from "../conformance/wire.ts";
import { Secret } from "../secret.ts";
import { arrange, issuerAt, type OwnServer, startOwnServer, systemPrograms } from "./fake.ts";

interface Vendor {
  readonly superuserUrl: string;
  readonly log: () => Promise<string>;
}

/** A name that needs quoting: the schema lets none in, but the statements must not rely on it. */
const QUOTED = `Or"ders'\\ 1`;

async function bench(vendor: Vendor, name?: string): Promise<IssuerBench> {
  const role = name && `${name}${Math.random().toString(36).slice(2, 8)}`;
  const arranged = await arrange({ superuserUrl: vendor.superuserUrl, password: canary(), ...(role ? { role } : {}) });
  return {
    issuer: arranged.issuer(),
    other: () => issuerAt(arranged.connect(), { role: arranged.role }),
    unreachable: async () => {
      const silent = await behaving((socket) => socket.resume());
      const connection = arranged.connect({ endpoint: `${silent.url.replace("http", "postgres")}/orders` });
      return {
        ...issuerAt(connection, { role: arranged.role }),
        async [Symbol.asyncDispose]() {
          await silent[Symbol.asyncDispose]();
        },
      };
    },
    adopted: arranged.adopted,
    unknownId: `${arranged.role}@no-such-attempt`,
    recorded: vendor.log,
    async [Symbol.asyncDispose]() {
      await arranged[Symbol.asyncDispose]();
    },
  };
}

/** The same value as its URL, as its parts, and whole. */
const forms = record({
  user: string({ unit: "grapheme", minLength: 1 }),
  password: string({ unit: "grapheme", minLength: 1 }),
  database: string({ minLength: 1 }),
  host: constant("db.example"),
  port: integer({ min: 1, max: 65_535 }).map(String),
}).map((parts) => {
  const { user, password, host, port, database } = parts;
  const [name, word, base] = [user, password, database].map(encodeURIComponent);
  const url = `postgres://${name}:${word}@${host}:${port}/${base}`;
  const whole = { ...parts, url };
  return [{ url }, parts, whole].map((form) =>
    Object.fromEntries(Object.entries(form).map(([field, text]) => [field, Secret.from(text)])),
  );
});

describe("on the embedded version", () => {
  const vendor: Vendor = {
    superuserUrl: testServer().superuserUrl,
    // Beside the server's folder, and readable by who runs the tests.
    log: async () => readFile(join(await dataDirectory(), "..", "postgres.log"), "utf8"),
  };
  issuerConformance({ name: "postgres, with names to quote,", make: async () => bench(vendor, QUOTED), forms });
});

async function dataDirectory(): Promise<string> {
  const [row] = await asSuperuser<{ path: string }>("select current_setting('data_directory') as path");
  return row?.path ?? "";
}

const programs = systemPrograms();

describe.skipIf(programs === undefined)("on the machine's own version", () => {
  let server: OwnServer;
  beforeAll(async () => {
    server = await startOwnServer(programs ?? "");
  });
  afterAll(async () => server[Symbol.asyncDispose]());

  issuerConformance({
    name: "postgres",
    make: async () => bench({ superuserUrl: server.superuserUrl, log: async () => server.log() }),
    forms,
  });
});
