/** The rows of a status that a request and a Credential share: consumers and what remains. Pure. */
import { CUSTODY } from "../../domain/consumers.ts";
import { camelCase } from "../../domain/status.ts";
import { summarize } from "../../domain/summarize.ts";
import type { ConsumerRow } from "../../domain/world.ts";
import type { RotationView } from "../../ledger/views.ts";
import { bounded } from "./conditions.ts";

const LONGEST = 1_024;
const MOST_RESIDUAL = 256;

export interface ConsumerStatusRow {
  readonly id: string;
  readonly state: string;
  readonly active: boolean;
  readonly receiptTime?: string;
  readonly since?: string;
  readonly tries?: number;
  readonly nextTryTime?: string;
  readonly reason?: string;
  readonly message: string;
}

export function consumerRows(view: RotationView): ConsumerStatusRow[] {
  const said = new Map(summarize(view).consumers.map((consumer) => [consumer.id, consumer]));
  return view.consumers.map((row) => {
    const id = row.id === CUSTODY ? "custody" : row.id;
    const status = said.get(id);
    return {
      id,
      state: camelCase(status?.state ?? row.state),
      active: row.state !== "inactive",
      ...(row.facts.receipt === undefined ? {} : { receiptTime: row.facts.receipt.at }),
      ...failureOf(row),
      ...(status?.nextTryAt === undefined ? {} : { nextTryTime: status.nextTryAt }),
      message: bounded(status?.message ?? "", LONGEST),
    };
  });
}

function failureOf({ state, facts: { failure } }: ConsumerRow): Pick<ConsumerStatusRow, "since" | "tries" | "reason"> {
  if (failure === undefined || state === "working" || state === "skipped") return {};
  return { since: failure.since, tries: failure.tries, reason: failure.reason };
}

/** `3/4`: those that work with the new credential, of all that have to. */
export function consumersReady({ consumers }: Pick<RotationView, "consumers">): string {
  const all = consumers.filter((row) => row.id !== CUSTODY && row.state !== "inactive");
  return `${all.filter((row) => row.state === "working").length}/${all.length}`;
}

export function residualRows(view: RotationView): { kind: string; message: string; remedy?: string }[] {
  return summarize(view)
    .residual.slice(0, MOST_RESIDUAL)
    .map(({ kind, message, remedy }) => ({
      kind,
      message: bounded(message, LONGEST),
      ...(remedy === undefined ? {} : { remedy: bounded(remedy, LONGEST) }),
    }));
}
