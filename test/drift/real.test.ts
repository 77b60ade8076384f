import { expect, it } from "vitest";
import { freshLedger } from "../support/postgres.ts";
import { openRealWatch } from "./real.ts";
import { driftTable } from "./table.ts";

it("sees at each grade what that grade allows, says nothing else, and puts right what it saw", async () => {
  const ledger = await freshLedger();
  const watch = await openRealWatch(ledger.db);
  const first = await watch.look();
  expect(first.findings).toEqual([]);
  expect(
    Object.fromEntries(Object.entries(first.places).map(([place, { grade, state }]) => [place, `${grade} ${state}`])),
  ).toEqual({
    "": "value in-place",
    "heroku-app": "value in-place",
    "github-environment": "version unchanged",
    infisical: "value in-place",
    ssm: "value in-place",
    worker: "presence present",
  });
  const rows = await driftTable(watch);
  const said = Object.fromEntries(
    rows.map(({ happened, place, said: kind, corrected }) => [`${happened} ${place}`, `${kind} ${corrected}`]),
  );
  const value = ["heroku-app", "infisical", "ssm"];
  expect(said).toEqual({
    ...Object.fromEntries(value.map((place) => [`changed ${place}`, "ValueChanged yes"])),
    ...Object.fromEntries(value.map((place) => [`reverted ${place}`, "RevertedToOld yes"])),
    ...Object.fromEntries(value.map((place) => [`removed ${place}`, "ValueRemoved yes"])),
    "changed github-environment": "ValueChanged yes",
    "reverted github-environment": "ValueChanged yes",
    "removed github-environment": "ValueRemoved yes",
    "changed worker": "- -",
    "reverted worker": "- -",
    "removed worker": "ValueRemoved yes",
  });
  await watch[Symbol.asyncDispose]();
  await ledger.drop();
}, 180_000);
