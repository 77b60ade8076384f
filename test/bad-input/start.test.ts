/** A controller that cannot start says why, changes nothing, and ends with 1. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keyRing } from "../../controller/custody/key.ts";
import { ensureInstall } from "../../controller/ledger/install.ts";
import { Secret } from "../../adapters/secret.ts";
import {
  asSuperuser,
  type FreshDatabase,
  freshDatabase,
  type FreshLedger,
  freshLedger,
  testServer,
} from "../support/postgres.ts";
import { expectRefusal, note, type Env, velvet } from "./velvet.ts";
import { wireServer } from "./wire-server.fixture.ts";

const KEK = randomBytes(32).toString("base64");
const ROLE = `nobody_${randomBytes(4).toString("hex")}`;
const PASSWORD = randomBytes(12).toString("hex");

let ledger: FreshLedger;
let empty: FreshDatabase;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "velvet-bad-start-"));
  [ledger, empty] = await Promise.all([freshLedger(), freshDatabase()]);
  await ensureInstall(ledger.db, { id: "default", environment: "development" }, keyRing(Secret.from(KEK)));
  await asSuperuser(`create role ${ROLE} login password '${PASSWORD}'`);
});

afterAll(async () => {
  await Promise.all([ledger?.drop(), empty?.drop()]);
  await asSuperuser(`drop role if exists ${ROLE}`);
  await rm(folder, { recursive: true, force: true });
});

interface Case {
  readonly input: string;
  readonly env: () => Env;
  readonly says: readonly (string | RegExp)[];
}

/** `postgres://nobody_…@…/<database>` */
function asNobody(database: string, password = PASSWORD): string {
  const { host, port } = testServer();
  return `postgres://${ROLE}:${password}@${host}:${port}/${database}`;
}

const ours = (more: Env = {}): Env => ({ DATABASE_URL: ledger.appUrl, VELVET_KEK: KEK, ...more });

const CASES: readonly Case[] = [
  {
    input: "no key-encryption key beside DATABASE_URL",
    env: () => ({ DATABASE_URL: ledger.appUrl }),
    says: ["VELVET_KEK: it must be given with DATABASE_URL", "openssl rand -base64 32"],
  },
  {
    input: "a key-encryption key of 16 bytes",
    env: () => ours({ VELVET_KEK: randomBytes(16).toString("base64") }),
    says: [/VELVET_KEK: .*32 bytes/],
  },
  {
    input: "another ledger's key-encryption key",
    env: () => ours({ VELVET_KEK: randomBytes(32).toString("base64") }),
    says: ["is not the one that this ledger was made with. Nothing was changed.", "Give the key that belongs"],
  },
  {
    input: "a key file that is not there",
    env: () => ({ DATABASE_URL: ledger.appUrl, VELVET_KEK_FILE: join(folder, "no-kek") }),
    says: [/no-kek cannot be read \(ENOENT\)/, "Restore the file"],
  },
  {
    input: "a ledger of another environment",
    env: () => ours({ VELVET_ENV: "production" }),
    says: ["belongs to the environment development, and this controller to production", "VELVET_ENV=development"],
  },
  {
    input: "a ledger of another install",
    env: () => ours({ VELVET_INSTALL: "eu-2" }),
    says: ["belongs to the install default, and this controller is eu-2", "VELVET_INSTALL=default"],
  },
  {
    input: "a Postgres that nobody runs",
    env: () => ours({ DATABASE_URL: "postgres://velvet_app:hunter2@127.0.0.1:1/velvet" }),
    says: ["The ledger's server cannot be reached (ECONNREFUSED)", "Check host and port"],
  },
  {
    input: "a read-only Postgres",
    env: () => ours({ DATABASE_URL: `${ledger.appUrl}?options=-c%20default_transaction_read_only%3Don` }),
    says: ["The ledger's server takes no writes", "Point DATABASE_URL at the primary"],
  },
  {
    input: "a wrong password in DATABASE_URL",
    env: () => ours({ DATABASE_URL: asNobody(ledger.name, "hunter2") }),
    says: ["The ledger's server refuses the login (28P01)", "Check user, password and database name"],
  },
  {
    input: "a DATABASE_URL without rights on its ledger",
    env: () => ours({ DATABASE_URL: asNobody(ledger.name) }),
    says: [/^The role may not/, "VELVET_MIGRATION_DATABASE_URL"],
  },
  {
    input: "a DATABASE_URL that may not make its ledger",
    env: () => ours({ DATABASE_URL: asNobody(empty.name) }),
    says: [/^The role may not/, "VELVET_MIGRATION_DATABASE_URL"],
  },
  {
    input: "a variable that is misspelt",
    env: () => ours({ VELVET_GIT_UR: "x", VELVET_ROTATION: "maybe" }),
    says: ["VELVET_GIT_UR: it is not known; did you mean VELVET_GIT_URL?", /VELVET_ROTATION: /],
  },
  {
    input: "a path for a tenants' namespace that means nothing",
    env: () => ours({ VELVET_GIT_URL: `file://${folder}`, VELVET_GIT_NAMESPACES: "teams/*" }),
    says: [/VELVET_GIT_NAMESPACES|namespace/],
  },
];

describe("velvet controller", () => {
  it.each(CASES)("refuses $input, with what to do about it", async ({ input, env, says }) => {
    const before = await install();
    const said = await velvet(["controller"], { env: env(), secrets: [KEK, PASSWORD, "hunter2"] });
    await note(`velvet controller: ${input}`, said.err, `exit ${said.code}`);
    for (const part of says) expect(said.err).toMatch(part);
    expectRefusal(said, 1);
    expect(await install()).toEqual(before);
  });

  it("refuses a Postgres that is too old", async () => {
    await using old = await wireServer(130_018);
    const said = await velvet(["controller"], {
      env: ours({ DATABASE_URL: `postgres://velvet_app:hunter2@127.0.0.1:${old.port}/velvet` }),
      secrets: [KEK, "hunter2"],
    });
    await note("velvet controller: a Postgres of version 13", said.err, `exit ${said.code}`);
    expectRefusal(said, 1);
    expect(said.err).toContain("The ledger's server is Postgres 13, and Velvet needs 14 or newer");
    expect(said.err).toContain("Upgrade the server");
  });
});

async function install(): Promise<unknown> {
  return asSuperuser("select id, environment, key_check from velvet.install", ledger.name);
}

describe("a command that reads", () => {
  it("says that there is no ledger where there is none, and makes none", async () => {
    const said = await velvet(["status"], { env: { VELVET_DATA_DIR: folder } });
    await note("velvet status: no ledger there", said.err, `exit ${said.code}`);
    expectRefusal(said, 1);
    expect(said.err).toContain(`There is no ledger in ${folder}, and DATABASE_URL is not set.`);
    expect(said.err).toContain("Nothing was made or changed.");
  });

  it("says that a database is no ledger yet", async () => {
    const said = await velvet(["status"], { env: { DATABASE_URL: empty.url, VELVET_KEK: KEK } });
    await note("velvet status: a database that is no ledger yet", said.err, `exit ${said.code}`);
    expectRefusal(said, 1);
    expect(said.err).toContain("The ledger lacks 0001_ledger");
  });

  it("takes a file that is no key for what it is", async () => {
    const file = join(folder, "kek");
    await writeFile(file, "not a key\n");
    const said = await velvet(["controller"], { env: { DATABASE_URL: ledger.appUrl, VELVET_KEK_FILE: file } });
    await note("velvet controller: a key file that holds no key", said.err, `exit ${said.code}`);
    expectRefusal(said, 1);
    expect(said.err).toMatch(/kek holds no key-encryption key: /);
  });
});
