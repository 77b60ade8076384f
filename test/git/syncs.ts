/** A ledger for a test file, with namespaces and a source of their own for each test. */
import { afterAll, beforeAll, beforeEach } from "vitest";
import type { DesiredDocument, Problem, SourceLook } from "../../controller/sources/look.ts";
import { type FreshLedger, freshLedger } from "../support/postgres.ts";

export function ledgerForSyncs() {
  const state: { ledger?: FreshLedger; number: number } = { number: 0 };
  const ledger = (): FreshLedger => {
    if (state.ledger === undefined) throw new Error("no ledger yet");
    return state.ledger;
  };
  beforeAll(async () => {
    state.ledger = await freshLedger();
  });
  afterAll(async () => state.ledger?.drop());
  beforeEach(() => {
    state.number += 1;
  });
  const here = () => `orders-${state.number}`;
  const source = () => `git-${state.number}`;
  const rows = async <Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> =>
    (await ledger().pool.query<Row>(sql, [...values])).rows;
  return {
    get db() {
      return ledger().db;
    },
    get url() {
      return ledger().url;
    },
    here,
    source,
    rows,
    look: (documents: readonly DesiredDocument[], more: Partial<SourceLook> = {}): SourceLook => {
      return {
        source: source(),
        kind: "git",
        cursor: "a".repeat(40),
        trust: "claimed",
        documents,
        problems: [],
        ...more,
      };
    },
    request: (name: string, spec: object = {}, path = `requests/${name}.yaml`): DesiredDocument => {
      const whole = {
        credentialRef: { name: "orders-db" },
        flow: "Operational",
        reason: "r",
        requestedBy: "ana",
        ...spec,
      };
      const origin = { path, line: 1, commit: "c1", author: "Ana <a@x>" };
      return { kind: "RotationRequest", namespace: here(), name, spec: whole, origin };
    },
    credential: (name: string, spec: object = {}, path = `credentials/${name}.yaml`): DesiredDocument => {
      const whole = { credentialName: "X", ...spec };
      return { kind: "Credential", namespace: here(), name, spec: whole, origin: { path, line: 1, commit: "c1" } };
    },
    decision: (name: string, spec: object = {}): DesiredDocument => {
      const whole = { requestRef: { name: "rotate" }, action: "Abort", reason: "r", decidedBy: "ana", ...spec };
      return {
        kind: "RotationDecision",
        namespace: here(),
        name,
        spec: whole,
        origin: { path: `decisions/${name}.yaml`, line: 1 },
      };
    },
    problemAt: (path: string): Problem => ({ path, line: 3, column: 7, code: "InvalidYaml", message: "not YAML" }),
    requests: async () =>
      rows<{ name: string; state: string; spec: Record<string, unknown>; deadline: Date; appeared_at: Date }>(
        "select name, state, spec, deadline, appeared_at from velvet.request where namespace = $1 order by name",
        [here()],
      ),
    objects: async () =>
      rows<{
        name: string;
        present: boolean;
        generation: number;
        uid: string;
        source: string;
        spec: Record<string, unknown>;
      }>(
        "select name, present, generation, uid, source, spec from velvet.object where namespace = $1 order by kind, name",
        [here()],
      ),
    problems: async () => {
      const sql = "select code from velvet.source_problem where source = $1 order by path, line, code";
      return (await rows<{ code: string }>(sql, [source()])).map((row) => row.code);
    },
    /** This test's source's entries of the install chain. */
    audited: async () => {
      const sql = "select canonical from velvet.audit where chain = 'install' order by seq";
      const found = await rows<{ canonical: Buffer }>(sql);
      const entries = found.map((row) => JSON.parse(row.canonical.toString("utf8")) as Record<string, unknown>);
      return entries.filter((entry) => entry["source"] === source());
    },
  };
}
