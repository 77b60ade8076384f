import { readdirSync, readFileSync } from "node:fs";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FreshLedger, freshLedger } from "../../test/support/postgres.ts";
import { dumpSchema } from "./dump.ts";

const FOLDER = new URL("./queries/", import.meta.url);
const files = readdirSync(FOLDER).toSorted();

describe("the ledger's statements", () => {
  let ledger: FreshLedger;
  let session: Client;
  beforeAll(async () => {
    ledger = await freshLedger();
    session = new Client({ connectionString: ledger.appUrl });
    await session.connect();
  });
  afterAll(async () => {
    await session.end();
    await ledger.drop();
  });

  it.each(files)("%s says what question it answers and can be prepared", async (file) => {
    expect(file).toMatch(/^[a-z][a-z0-9_]*\.sql$/);
    const text = readFileSync(new URL(file, FOLDER), "utf8");
    expect(text).toMatch(/^-- \S/);
    await session.query(`prepare ${file.replace(".sql", "")} as ${text}`);
  });

  it("make the schema that schema.sql shows", async () => {
    const committed = readFileSync(new URL("./schema.sql", import.meta.url), "utf8");
    expect(await dumpSchema(ledger.ownerUrl), "run `npm run generate`").toBe(committed);
  });
});
