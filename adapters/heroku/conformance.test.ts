import { randomUUID } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { constant, integer, record, string } from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { type IssuerSuite, issuerConformance } from "../conformance/issuer.ts";
import type { IssuerBench } from "../conformance/issuer-bench.ts";
import type { SinkBench } from "../conformance/sink.ts";
import { sinkConformance } from "../conformance/sink.ts";
import { behaving } from "../conformance/wire.ts";
import { Secret } from "../secret.ts";
import { APP, connect, DATABASE, given, newTime, newWorld, opened, secret } from "./bench.fixture.ts";
import type { HerokuOptions } from "./emulator.ts";

/** The same block at a Heroku that takes connections and says nothing. */
async function unreachable(block: unknown) {
  const silent = await behaving((socket) => socket.resume());
  const connection = connect(
    { url: silent.url, dataUrl: silent.url, token: "HRKU-x", config: { timeout: "300ms" } },
    newTime(),
  );
  return {
    ...given(connection.issuer?.(block)),
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
      await silent[Symbol.asyncDispose]();
    },
  };
}

async function authorizationBench(options: HerokuOptions = {}): Promise<IssuerBench> {
  const world = await newWorld(options);
  const block = { authorization: { scope: ["read-protected"], expiresIn: "180d" } };
  const adopted = world.vendor.authorize({ description: "made by hand", scope: ["read-protected"] });
  return {
    issuer: world.issuer(block),
    other: () => world.issuer(block),
    unreachable: async () => unreachable(block),
    adopted: secret(adopted.token),
    unknownId: randomUUID(),
    recorded: async () => world.vendor.log.join("\n"),
    [Symbol.asyncDispose]: async () => world[Symbol.asyncDispose](),
  };
}

const tokens = string({ minLength: 1 }).map((token) => [secret(token)]);

const NO_KEY =
  "Heroku has no idempotency key: the same order again makes a second authorization, which is found by its marker.";
const AUTHORIZATION_IMPOSSIBLE: IssuerSuite["impossible"] = {
  "proposes every field, and another value each time": "Heroku chooses the value; nothing is proposed.",
  "has the same outcome for the same order again": NO_KEY,
  "refuses a mint when the place has changed since it was decided": "Authorizations have no places: each is new.",
  "does not bring a revoked credential back by minting the same order again": NO_KEY,
  "restores a quarantined value": "A deleted authorization is gone for good; Heroku can disable none.",
  "restores nothing that is destroyed": "A deleted authorization is gone for good; there is no restore to refuse.",
  "counts uses": "Heroku does not tell when or whether a token was used.",
  "shows no value in an error":
    "It needs a mint that is refused for its place; authorization.test.ts has its own for this.",
};

issuerConformance({
  name: "heroku, authorization,",
  make: authorizationBench,
  forms: tokens,
  impossible: AUTHORIZATION_IMPOSSIBLE,
});
issuerConformance({
  name: "heroku, authorization, with lists that show no tokens,",
  make: async () => authorizationBench({ listShowsTokens: false }),
  forms: tokens,
  impossible: AUTHORIZATION_IMPOSSIBLE,
});

async function postgresBench(credential: string): Promise<IssuerBench> {
  const world = await newWorld();
  const { vendor } = world;
  vendor.makeDatabase(DATABASE, { credentials: ["orders"] }, [{ app: APP, key: "DATABASE_URL", credential }]);
  const block = { postgres: { addon: DATABASE, credential, acceptsReset: credential === "default" } };
  return {
    issuer: world.issuer(block),
    other: () => world.issuer(block),
    unreachable: async () => unreachable(block),
    adopted: { url: Secret.from(vendor.databaseUrl(DATABASE, credential)) },
    unknownId: `${DATABASE}/${credential}@0123456789ab`,
    recorded: async () => vendor.log.join("\n"),
    [Symbol.asyncDispose]: async () => world[Symbol.asyncDispose](),
  };
}

const parts = record({
  user: string({ unit: "grapheme", minLength: 1 }),
  password: string({ unit: "grapheme", minLength: 1 }),
  database: string({ unit: "grapheme", minLength: 1 }),
  host: constant("ec2-1-2-3-4.compute-1.amazonaws.com"),
  port: integer({ min: 1, max: 65_535 }).map(String),
});
const logins = parts.map((given_) => {
  const { user, password, host, port, database } = given_;
  const [name, word, base] = [user, password, database].map(encodeURIComponent);
  const url = `postgres://${name}:${word}@${host}:${port}/${base}`;
  return [{ url }, given_, { ...given_, url }].map((form) =>
    Object.fromEntries(Object.entries(form).map(([field, text]) => [field, Secret.from(text)])),
  );
});

const IN_FORCE =
  "Heroku ends no login that its apps were given; the next rotation does. postgres.test.ts says what a revoke of it answers.";
const POSTGRES_IMPOSSIBLE: IssuerSuite["impossible"] = {
  "proposes every field, and another value each time": "Heroku chooses the password; nothing is proposed.",
  "lists what it minted with its marker": "A rotation carries no marker: generations are told apart by their ids.",
  "has the same outcome for the same order again": "A rotation is only triggered; the same order again is SlotChanged.",
  "does not bring a revoked credential back by minting the same order again": IN_FORCE,
  "revokes exactly one id": "Heroku ends the old login by itself, at once or within 30 minutes; nobody else can.",
  "revokes again without an error": IN_FORCE,
  "leaves what took a place alone when the id from before is revoked": IN_FORCE,
  "restores a quarantined value": "Heroku brings no password back.",
  "restores nothing that is destroyed": "There is no restore to refuse: Heroku brings no password back.",
  "destroys for good, and again without an error": IN_FORCE,
  "leaves no value in what the vendor records":
    "It looks for a marker, which a rotation has none of; postgres.test.ts looks at the log.",
};
const AT_ONCE = "Rotating default ends the old login at once, with the mint.";
const ENDING =
  "After a rotation Heroku promises only the sessions of the old login, so that it is restricted and not alive.";

issuerConformance({
  name: "heroku, postgres, default credential,",
  make: async () => postgresBench("default"),
  forms: logins,
  impossible: {
    ...POSTGRES_IMPOSSIBLE,
    "says alive of a value that works": AT_ONCE,
    "mints beside the credential in use": AT_ONCE,
  },
});
issuerConformance({
  name: "heroku, postgres, named credential,",
  make: async () => postgresBench("orders"),
  forms: logins,
  impossible: {
    ...POSTGRES_IMPOSSIBLE,
    "says alive of a value that works": ENDING,
    "mints beside the credential in use": ENDING,
  },
});

async function sinkBench(): Promise<SinkBench> {
  const world = await newWorld();
  return {
    sink: world.sink(),
    other: () => world.sink(),
    plant: async (values) => world.vendor.plant(APP, values),
    peek: async () => {
      // Lets the servers, which run in this process, have their turn.
      await turn();
      return world.vendor.peek(APP);
    },
    stamp: async () => String(world.vendor.newest(APP)),
    [Symbol.asyncDispose]: async () => world[Symbol.asyncDispose](),
  };
}

const NO_CONDITION = "Heroku has no conditional write of config vars: there is no ETag and no version to compare.";

sinkConformance({
  name: "heroku, config vars",
  make: sinkBench,
  values: ["it's", "a\nb", " x ", ""],
  impossible: {
    "refuses a write against an older version": NO_CONDITION,
    "creates against the version of a missing target": NO_CONDITION,
  },
});

describe("the emulated Heroku", () => {
  afterAll(() => opened.splice(0));

  it("was asked and answered as the official description says", () => {
    expect(opened.length).toBeGreaterThan(50);
    expect(opened.flatMap(({ strays }) => strays)).toEqual([]);
  });
});
