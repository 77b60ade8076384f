import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type FreshLedger, freshLedger } from "../../test/support/postgres.ts";
import { historyRewritten } from "../sources/git/failure.ts";
import { SourceFailure } from "../sources/failure.ts";
import { failSource, readSource } from "../sources/state.ts";
import { syncSource } from "../sources/sync.ts";
import { failureText } from "./failure.ts";
import { openOutput, type Stream } from "./output.ts";
import { acceptSourceCommand } from "./source.ts";

const [OLD, HEAD, OTHER] = ["a", "b", "c"].map((digit) => digit.repeat(40)) as [string, string, string];

let ledger: FreshLedger;
let number = 0;
let source: string;

beforeAll(async () => {
  ledger = await freshLedger();
});

afterAll(async () => ledger?.drop());

beforeEach(async () => {
  source = `git-${(number += 1)}`;
  await syncSource(ledger.db, { source, kind: "git", cursor: OLD, trust: "claimed", documents: [], problems: [] });
});

async function rewritten(): Promise<void> {
  await failSource(ledger.db, { name: source, kind: "git" }, historyRewritten(source, OLD, HEAD));
}

function tape(): Stream & { text: () => string } {
  let text = "";
  return { write: (more) => (text += more), text: () => text };
}

async function accept(name: string, commit: string): Promise<{ code?: number; out: string; err: string }> {
  const [stdout, stderr] = [tape(), tape()];
  const out = openOutput({ stdout, stderr, noColour: undefined });
  try {
    const code = await acceptSourceCommand({ out }, name, commit, ledger.db);
    return { code, out: stdout.text(), err: stderr.text() };
  } catch (error) {
    const { happened, stillFine = "", next } = failureText(error);
    const code = error instanceof Error && "exitCode" in error ? Number(error.exitCode) : 1;
    return { code, out: stdout.text(), err: [happened, stillFine, next].join("\n") };
  }
}

describe("velvet source accept", () => {
  it("goes on from the commit that a person has read, and records who it was before", async () => {
    await rewritten();
    expect((await readSource(ledger.db, source))?.message).toContain(`velvet source accept ${source} ${HEAD}`);
    const { code, out, err } = await accept(source, HEAD);
    expect({ code, out }).toEqual({ code: 0, out: `The source ${source} goes on from ${HEAD}.\n` });
    expect(err).toContain("are not executed again; others are");
    expect(await readSource(ledger.db, source)).toMatchObject({ cursor: HEAD, reason: "HistoryAccepted" });
    const rows = await ledger.pool.query<{ text: string }>(
      "select convert_from(canonical, 'UTF8') as text from velvet.audit where chain = 'install' order by seq desc limit 1",
    );
    expect(JSON.parse(rows.rows[0]?.text ?? "")).toMatchObject({
      event: "HistoryAccepted",
      source,
      commit: HEAD,
      previous: OLD,
    });
  });

  it("says so where the commit is not the head that was seen, and takes it", async () => {
    await rewritten();
    const { code, err } = await accept(source, OTHER);
    expect(code).toBe(0);
    expect(err).toContain("It is not the head that the last look saw");
  });

  it("refuses a commit that is not whole, as misuse", async () => {
    await rewritten();
    const { code, err } = await accept(source, HEAD.slice(0, 8));
    expect(code).toBe(2);
    expect(err).toContain("bbbbbbbb is not a whole commit id.");
    expect(await readSource(ledger.db, source)).toMatchObject({ cursor: OLD, reason: "HistoryRewritten" });
  });

  it("refuses the commit that was read last", async () => {
    await rewritten();
    const { code, err } = await accept(source, OLD);
    expect(code).toBe(1);
    expect(err).toContain("the branch left it");
    expect(await readSource(ledger.db, source)).toMatchObject({ reason: "HistoryRewritten" });
  });

  it("refuses a source that waits for nothing, or for something else, and changes nothing", async () => {
    expect((await accept(source, HEAD)).err).toContain("it stands at Synced, not at HistoryRewritten");
    const failure = new SourceFailure("GitUnreachable", "It did not answer.", "Wait.");
    await failSource(ledger.db, { name: source, kind: "git" }, failure);
    const { code, err } = await accept(source, HEAD);
    expect(code).toBe(1);
    expect(err).toContain("it stands at GitUnreachable");
    expect(await readSource(ledger.db, source)).toMatchObject({ cursor: OLD, reason: "GitUnreachable" });
  });

  it("names the sources that there are, where this one is not", async () => {
    const { code, err } = await accept("tenant", HEAD);
    expect(code).toBe(1);
    expect(err).toContain("The ledger knows no source tenant.");
    expect(err).toContain(source);
  });
});
