/** The ledger as a `Reading`: it knows everything, and tells nobody about changes. */
import { setTimeout as after } from "node:timers/promises";
import { summarize } from "../domain/summarize.ts";
import { listAccounts } from "../ledger/accounts.ts";
import { type HistoryFilter, listHistory } from "../ledger/credentials.ts";
import type { Db } from "../ledger/db.ts";
import { type DriftView, listDrift } from "../ledger/drift-views.ts";
import { listHolds } from "../ledger/holds.ts";
import { listOverdue } from "../ledger/schedules.ts";
import { listSources } from "../ledger/sources.ts";
import { listAsked } from "../ledger/views.ts";
import { type CommandContext, registryOf } from "./command.ts";
import { describeRequest, describeRotation, type DescribeReport } from "./describe-report.ts";
import { driftLineOf, entryOf } from "./drift-report.ts";
import { pastRotation } from "./history.ts";
import type { Asked, Following, Reading, ReadFilter } from "./reading.ts";
import { worldOf } from "./world.ts";

export function ledgerReading(db: Db, context: Pick<CommandContext, "registry">): Reading {
  const asked = async (filter: ReadFilter): Promise<Asked> => askedIn(db, filter);
  return {
    name: "The ledger",
    whereElse:
      "See all with `velvet status --all`. A request that was just merged appears after the next sync of its source.",
    asked,
    follow: (filter, following) => poll(async () => asked(filter), following),
    surroundings: async () => {
      const [sources, accounts, holds, drift, overdue] = await Promise.all([
        listSources(db),
        listAccounts(db),
        listHolds(db),
        listDrift(db, undefined, true),
        listOverdue(db),
      ]);
      const drifted = drift.map(driftLineOf).filter(({ reasons }) => reasons.length > 0);
      return { sources, accounts, holds, drifted, overdue };
    },
    drift: async (filter) => (await driftIn(db, filter)).map(entryOf),
    described: async (filter) => describedIn(db, context, filter),
    history: async (filter: HistoryFilter) => (await listHistory(db, filter)).map(pastRotation),
  };
}

async function driftIn(db: Db, { namespace, name }: Pick<ReadFilter, "namespace" | "name">): Promise<DriftView[]> {
  const all = await listDrift(db, undefined);
  return all.filter(
    (view) => (namespace === undefined || view.namespace === namespace) && (name === undefined || view.name === name),
  );
}

async function askedIn(db: Db, filter: ReadFilter): Promise<Asked> {
  const { rotations, requests } = await listAsked(db, filter);
  return { rotations: rotations.map(summarize), requests };
}

async function describedIn(
  db: Db,
  context: Pick<CommandContext, "registry">,
  filter: ReadFilter,
): Promise<DescribeReport> {
  const [{ rotations, requests }, holds, registry] = await Promise.all([
    listAsked(db, filter),
    listHolds(db),
    registryOf(context),
  ]);
  return {
    rotations: rotations.map((view) => describeRotation(view, worldOf(view, registry))),
    requests: requests.map(describeRequest),
    holds,
  };
}

async function* poll(look: () => Promise<Asked>, { everyMs, signal }: Following): AsyncGenerator<Asked> {
  do {
    yield await look();
    await after(everyMs, undefined, { signal }).catch(() => undefined);
  } while (!signal.aborted);
}
