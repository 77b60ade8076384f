import { expect, it } from "vitest";
import { reckon, type Scheduled } from "./reckon.ts";

const NOW = "2026-11-27T08:00:00.000Z";
const CONTEXT = { now: NOW, environment: "test", rotationOn: true, overdue: 1_000 };

function due(index: number, change: Partial<Scheduled> = {}): Scheduled {
  return {
    uid: `11111111-2222-3333-4444-${String(index).padStart(12, "0")}`,
    namespace: "orders",
    name: `db-${index}`,
    rotation: { every: "90d", jitter: "0s" },
    firstSeenAt: "2026-01-01T00:00:00.000Z",
    issuedAt: "2026-08-01T00:00:00.000Z",
    failures: 0,
    suspended: false,
    environment: "test",
    ...change,
  };
}

it("what its vendor ends soon does not wait behind a backlog, and the backlog is spread as before", () => {
  const backlog = Array.from({ length: 100 }, (_, index) => due(index));
  const soon = due(900, { issuedAt: "2026-11-26T08:00:00.000Z", expiresAt: "2026-11-27T09:00:00.000Z" });
  const ended = due(901, { issuedAt: "2026-11-20T08:00:00.000Z", expiresAt: "2026-11-26T09:00:00.000Z" });
  const later = due(902, { issuedAt: "2026-11-01T08:00:00.000Z", expiresAt: "2026-12-01T09:00:00.000Z" });
  const begun = reckon([...backlog, soon, ended, later], CONTEXT).filter(({ begin }) => begin);
  const names = begun.map(({ credential }) => credential.name);
  expect(names).toEqual(expect.arrayContaining(["db-900", "db-901"]));
  expect(names).not.toContain("db-902");
  expect(names.filter((name) => !name.startsWith("db-9"))).toHaveLength(5);
});
