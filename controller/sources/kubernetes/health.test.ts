import { beforeEach, expect, it } from "vitest";
import { type FreshLedger, freshLedger } from "../../../test/support/postgres.ts";
import type { Db, Statement } from "../../ledger/db.ts";
import { SourceFailure } from "../failure.ts";
import { readSource, touchSource } from "../state.ts";
import { type Health, openHealth } from "./health.ts";
import { SOURCE } from "./intake.ts";

const AWAY = new SourceFailure("KubernetesUnavailable", "It does not answer.", "Look at it.");
const FORBIDDEN = new SourceFailure("KubernetesForbidden", "It does not let us.", "Give us the rights.");

let ledger: FreshLedger;

beforeEach(async () => {
  ledger = await freshLedger();
  return async () => ledger.drop();
});

function healthOf(db: Db = ledger.db): Health {
  const onFailure = (error: unknown) => {
    throw error;
  };
  return openHealth({ db, source: SOURCE, onFailure, onIll: () => undefined });
}

async function row(): Promise<string | undefined> {
  const source = await readSource(ledger.db, SOURCE);
  return source && `${source.ready ? "ready" : "not ready"}, ${source.reason}`;
}

it("says the gravest of what is in trouble, and that all is well when it is", async () => {
  const health = healthOf();
  await health.complete();
  await health.ill("a", AWAY);
  await health.ill("b", FORBIDDEN);
  expect(await row()).toBe("not ready, KubernetesForbidden");
  expect(health.hindrance()).toContain("KubernetesForbidden");
  await health.well("b");
  expect(await row()).toBe("not ready, KubernetesUnavailable");
  expect(health.hindrance()).toBeUndefined();
  await health.well("a");
  expect(await row()).toBe("ready, Synced");
});

it("says it again where somebody wrote the row who did not know of it yet", async () => {
  const health = healthOf();
  await health.complete();
  await health.ill("a", AWAY);
  await touchSource(ledger.db, SOURCE);
  expect(await row()).toBe("ready, Synced");
  await health.overwritten();
  expect(await row()).toBe("not ready, KubernetesUnavailable");
});

it("tells one thing after the other, so that what happened last is said last", async () => {
  let atOnce = 0;
  let most = 0;
  const db: Db = {
    ...ledger.db,
    query: async <Row>(text: Statement, values?: readonly unknown[]) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      return ledger.db.query<Row>(text, values).finally(() => (atOnce -= 1));
    },
  };
  const health = healthOf(db);
  await Promise.all([health.ill("a", AWAY), health.complete(), health.well("a"), health.ill("b", FORBIDDEN)]);
  expect(await row()).toBe("not ready, KubernetesForbidden");
  expect(most).toBe(1);
});
