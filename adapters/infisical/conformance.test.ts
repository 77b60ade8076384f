import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { record, string } from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { issuerConformance } from "../conformance/issuer.ts";
import type { IssuerBench } from "../conformance/issuer-bench.ts";
import { sinkConformance, type SinkBench } from "../conformance/sink.ts";
import { behaving } from "../conformance/wire.ts";
import { Secret } from "../secret.ts";
import { newWorld } from "./bench.fixture.ts";
import type { InfisicalOptions } from "./emulator.ts";

const strays: string[] = [];

async function issuerBench(): Promise<IssuerBench> {
  const world = await newWorld();
  const { identities, server } = world.vendor;
  return {
    issuer: world.issuer(),
    other: () => world.issuer(),
    unreachable: async () => {
      const silent = await behaving((socket) => socket.resume());
      const issuer = world.issuer({ endpoint: silent.url, config: { timeoutSeconds: 1 } });
      return { ...issuer, [Symbol.asyncDispose]: async () => silent[Symbol.asyncDispose]() };
    },
    adopted: world.adopted,
    unknownId: `${world.target.id}/${randomUUID()}`,
    recorded: async () => [...identities.audit, ...server.seen.map((seen) => JSON.stringify(seen))].join("\n"),
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      strays.push(...server.strays);
    },
  };
}

const ONE_FORM = "Infisical chooses the value, so there is nothing to propose and no order to make again.";
const GONE = "A revoked client secret is gone for good: Infisical has no way back.";

issuerConformance({
  name: "infisical, client secrets,",
  make: issuerBench,
  forms: record({ clientId: string({ minLength: 1 }), clientSecret: string({ minLength: 1 }) }).map((parts) => [
    Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, Secret.from(text)])),
  ]),
  impossible: {
    "proposes every field, and another value each time": ONE_FORM,
    "has the same outcome for the same order again": ONE_FORM,
    "refuses a mint when the place has changed since it was decided":
      "Any number of client secrets live side by side, so there is no place that could change.",
    "does not bring a revoked credential back by minting the same order again":
      "Minting the same order again makes another client secret, which the marker finds.",
    "restores a quarantined value": GONE,
    "restores nothing that is destroyed": GONE,
    "counts uses":
      "Infisical counts logins, those of our probes too, and does not say which access tokens are still in use.",
  },
});

async function sinkBench(options: InfisicalOptions, block: Readonly<Record<string, unknown>>): Promise<SinkBench> {
  const world = await newWorld(options);
  const { projects, server } = world.vendor;
  const where = { project: world.project, environment: "prod", path: "/orders/api" };
  return {
    sink: world.sink(block),
    other: () => world.sink(block),
    plant: async (values) => projects.plant(where, values, world.clock.nowMs()),
    // As a look over the wire: whoever looks in a loop leaves the writer its turn.
    peek: async () => {
      await setImmediate();
      return Object.fromEntries([...(projects.folderAt(where) ?? [])].map(([name, stored]) => [name, stored.value]));
    },
    stamp: async () => String(projects.writes),
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      // An old instance is asked once for what it does not have.
      strays.push(...server.strays.filter((stray) => options.isLegacy !== true || !stray.endsWith("is no route")));
    },
  };
}

const NO_CAS = "Infisical has versions, and no write that depends on one.";
const CONDITIONAL = {
  "refuses a write against an older version": NO_CAS,
  "creates against the version of a missing target": NO_CAS,
};

sinkConformance({
  name: "infisical, secrets of version 4",
  make: async () => sinkBench({}, {}),
  values: ["a\nb", "line\n", "", '"quoted"', "$NOT_A_REFERENCE {}"],
  impossible: CONDITIONAL,
});
sinkConformance({
  name: "infisical, secrets of version 3",
  make: async () => sinkBench({ isLegacy: true }, {}),
  values: ["a\nb", "line\n"],
  impossible: CONDITIONAL,
});
sinkConformance({
  name: "infisical, without a look at the values",
  make: async () => sinkBench({}, { readValues: false }),
  impossible: {
    ...CONDITIONAL,
    "writes nothing where nothing changes": "What may not be read cannot be compared, so each write is made.",
  },
});

describe("what the adapter asked in all of these", () => {
  afterAll(() => strays.splice(0));

  it("was always as Infisical describes it", () => {
    expect(strays).toEqual([]);
  });
});
