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
