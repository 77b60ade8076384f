import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FreshLedger, asSuperuser, freshLedger } from "../../test/support/postgres.ts";

describe("the migrated ledger", () => {
  let ledger: FreshLedger;
  beforeAll(async () => {
    ledger = await freshLedger();
  });
  afterAll(async () => ledger.drop());

  it("answers", async () => {
    const client = new Client({ connectionString: ledger.appUrl });
    await client.connect();
    expect((await client.query("select count(*)::int as n from velvet.audit")).rows).toEqual([{ n: 0 }]);
    await client.end();
    expect(await asSuperuser("select 1 as one")).toEqual([{ one: 1 }]);
  });
});
