/** From names to statuses: reads the ledger once for a batch of objects, whatever their number. */
import type { Kind } from "../../../crds/kinds.gen.ts";
import type { Instant } from "../../domain/world.ts";
import type { Db } from "../../ledger/db.ts";
import { type HoldView, listHolds } from "../../ledger/holds.ts";
import { type DriftView, listDrift } from "../../ledger/drift-views.ts";
import {
  type Place,
  shownAccounts,
  shownCredentials,
  shownDecisions,
  shownProblems,
  shownRequests,
  shownRotations,
} from "../../ledger/projections.ts";
import { keyOf } from "../../sources/shown.ts";
import type { RotationView } from "../../ledger/views.ts";
import type { Problem } from "./conditions.ts";
import { credentialStatus } from "./credential-status.ts";
import { accountStatus, decisionStatus } from "./other-status.ts";
import { requestStatus } from "./request-status.ts";

/** An object as it stands in the cluster. */
export interface Subject extends Place {
  readonly kind: Kind;
  readonly generation: number;
  /** When it was created there: what is not known better has been so since then. */
  readonly createdAt: Instant;
}

export type Status = Readonly<Record<string, unknown>>;

/**
 * The statuses of these objects by their paths, each as the ledger stands now. One that cannot be made is told to `onTrouble` and left out:
 * it does not hold up the others.
 */
export async function readStatuses(
  db: Db,
  source: string,
  subjects: readonly Subject[],
  onTrouble: (error: unknown, path: string) => void,
): Promise<ReadonlyMap<string, Status>> {
  const of = (kind: Kind): readonly Subject[] => subjects.filter((subject) => subject.kind === kind);
  const [holds, problems, requests, credentials, decisions, accounts, drifts] = await Promise.all([
    of("RotationRequest").length === 0 ? [] : listHolds(db),
    shownProblems(db, source, subjects.map(keyOf)),
    shownRequests(db, of("RotationRequest")),
    shownCredentials(db, of("Credential")),
    shownDecisions(db, of("RotationDecision")),
    shownAccounts(
      db,
      of("VendorAccount").map(({ name }) => name),
    ),
    listDrift(db, of("Credential")),
  ]);
  const rotations = await shownRotations(db, of("RotationRequest"), of("Credential"));
  const byRequest = new Map(rotations.map((view) => [placed(view.rotation), view]));
  const known = {
    RotationRequest: new Map(requests.map((row) => [placed(row), row])),
    Credential: new Map(credentials.map((row) => [placed(row), row])),
    RotationDecision: new Map(decisions.map((row) => [placed(row), row])),
    VendorAccount: new Map(accounts.map((row) => [`/${row.name}`, row])),
  };
  const read: Read = {
    known,
    byRequest,
    rotations,
    holds,
    drifts: new Map(drifts.map((view) => [placed(view), view])),
  };
  return statusesOf(subjects, byPath(problems), read, onTrouble);
}

function statusesOf(
  subjects: readonly Subject[],
  wrong: ReadonlyMap<string, readonly Problem[]>,
  read: Read,
  onTrouble: (error: unknown, path: string) => void,
): ReadonlyMap<string, Status> {
  return new Map(
    subjects.flatMap((subject): [string, Status][] => {
      const path = keyOf(subject);
      try {
        return [[path, statusOf(subject, wrong.get(path) ?? [], read)]];
      } catch (error) {
        onTrouble(error, path);
        return [];
      }
    }),
  );
}

interface Read {
  readonly known: {
    readonly RotationRequest: ReadonlyMap<string, Awaited<ReturnType<typeof shownRequests>>[number]>;
    readonly Credential: ReadonlyMap<string, Awaited<ReturnType<typeof shownCredentials>>[number]>;
    readonly RotationDecision: ReadonlyMap<string, Awaited<ReturnType<typeof shownDecisions>>[number]>;
    readonly VendorAccount: ReadonlyMap<string, Awaited<ReturnType<typeof shownAccounts>>[number]>;
  };
  readonly byRequest: ReadonlyMap<string, RotationView>;
  readonly rotations: readonly RotationView[];
  readonly holds: readonly HoldView[];
  readonly drifts: ReadonlyMap<string, DriftView>;
}

function statusOf(subject: Subject, problems: readonly Problem[], read: Read): Status {
  const { generation, createdAt } = subject;
  const place = placed(subject);
  switch (subject.kind) {
    case "RotationRequest": {
      const row = read.known.RotationRequest.get(place);
      const rotation = read.byRequest.get(place);
      const request = row && { ...row, ...(rotation ? { rotation } : {}), holds: read.holds };
      return requestStatus(request, problems, generation, createdAt);
    }
    case "Credential":
      return credentialStatus(shownCredential(subject, read), problems, generation, createdAt);
    case "RotationDecision": {
      const row = read.known.RotationDecision.get(place);
      return decisionStatus(row, problems, generation, createdAt);
    }
    default:
      return accountStatus(read.known.VendorAccount.get(place), problems, generation, createdAt);
  }
}

function shownCredential(subject: Subject, { known, rotations, drifts }: Read): Parameters<typeof credentialStatus>[0] {
  const row = known.Credential.get(placed(subject));
  if (row === undefined) return undefined;
  const { uid, generation, firstSeenAt, retired } = row;
  const own = rotations.filter(({ rotation }) => rotation.credential === uid);
  const rotation = own.find((view) => view.rotation.endedAt === undefined) ?? latest(own);
  const drift = drifts.get(placed(subject));
  return {
    uid,
    generation,
    firstSeenAt,
    retired,
    ...(row.currentId === null ? {} : { currentId: row.currentId }),
    ...(row.fingerprint === null ? {} : { fingerprint: row.fingerprint }),
    ...(row.issuedAt === null ? {} : { issuedAt: row.issuedAt }),
    ...(row.schedule === null ? {} : { schedule: row.schedule }),
    ...(rotation === undefined ? {} : { rotation }),
    ...(drift === undefined ? {} : { drift }),
    awaited: row.awaited,
  };
}

function latest(views: readonly RotationView[]): RotationView | undefined {
  return views.toSorted((a, b) => ((a.rotation.endedAt ?? "") < (b.rotation.endedAt ?? "") ? 1 : -1))[0];
}

function placed({ namespace, name }: Place): string {
  return `${namespace}/${name}`;
}

function byPath(problems: readonly { readonly path: string; readonly code: string; readonly message: string }[]) {
  const found = new Map<string, Problem[]>();
  for (const { path, code, message } of problems) {
    const known = found.get(path);
    if (known) known.push({ code, message });
    else found.set(path, [{ code, message }]);
  }
  return found;
}
