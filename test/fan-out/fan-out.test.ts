import { expect, it } from "vitest";
import { freshLedger } from "../support/postgres.ts";
import { runFanOut } from "./fan-out.ts";

it("rotates one token in five places at five vendors, while one of them fails twice, without one failed request", async () => {
  const ledger = await freshLedger();
  const told: string[] = [];
  const { status, probes, failures, held, isNewAlive, isOldAlive } = await runFanOut(ledger.db, (line) =>
    told.push(line),
  );
  expect(status.stage, told.join("\n")).toBe("Done");
  expect(failures).toBe(2);
  expect(told.some((line) => line.includes("ssm failed"))).toBe(true);
  expect(Object.values(held)).toEqual([true, true, true, true, true]);
  expect([isNewAlive, isOldAlive]).toEqual([true, false]);
  expect(probes.failed).toEqual([]);
  expect(probes.made).toBeGreaterThan(100);
  await ledger.drop();
}, 90_000);
