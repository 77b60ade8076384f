import { describe, expect, it } from "vitest";
import type { Setup } from "../api.ts";
import { freshLedger } from "../../support/postgres.ts";
import { judge } from "./judge.ts";
import { rotated } from "./rotated.ts";

const CONSUMERS: Setup["consumers"] = [
  { id: "app", sink: "cas" },
  { id: "jobs", sink: "write-only" },
];

const SETUPS: Readonly<Record<string, Setup>> = {
  "a value that we choose": { mintClass: "client-supplied", consumers: CONSUMERS },
  "two slots that take turns": {
    mintClass: "client-supplied",
    maxLive: 2,
    fields: ["user", "password"],
    consumers: CONSUMERS,
  },
  "a re-readable credential": { mintClass: "re-readable", consumers: CONSUMERS },
  "a markable credential": { mintClass: "markable", consumers: CONSUMERS },
  "an unmarked credential": {
    mintClass: "unmarked",
    fields: ["id", "secret"],
    consumers: [{ id: "app", sink: "readable" }],
  },
  "a credential with a grace of its vendor": { mintClass: "native-grace", graceKeeps: "last", consumers: CONSUMERS },
  "a credential that is rolled": { mintClass: "roll-in-place", strategy: "Replace", consumers: CONSUMERS },
  "a credential that is replaced": { mintClass: "markable", strategy: "Replace", consumers: CONSUMERS },
  "a credential that its vendor distributes": {
    mintClass: "vendor-distributed",
    vendorWritesMs: 200,
    consumers: [{ id: "app", sink: "readable" }],
  },
  "a secret between acceptor and caller": {
    mintClass: "client-supplied",
    authority: "acceptors",
    consumers: [
      { id: "server", sink: "readable", role: "acceptor", twoSlots: true },
      { id: "client", sink: "settling" },
    ],
    releaseMs: 100,
  },
};

describe("the judge", () => {
  it.each(Object.entries(SETUPS))("finds nothing in an untroubled rotation of %s", async (_, setup) => {
    const ledger = await freshLedger();
    try {
      expect(judge(await rotated(ledger.db, setup))).toEqual([]);
    } finally {
      await ledger.drop();
    }
  });
});
