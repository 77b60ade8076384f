/** The ledger as a `Desk`: the decision becomes a manifest, or is recorded at once. */
import { openGate } from "../domain/summarize.ts";
import { ENDED } from "../domain/world.ts";
import { type CredentialView, listCredentials } from "../ledger/credentials.ts";
import type { Db } from "../ledger/db.ts";
import { listDrift } from "../ledger/drift-views.ts";
import type { RotationView } from "../ledger/views.ts";
import { recordAndWait } from "./answer.ts";
import { type CommandContext, type Registry, registryOf } from "./command.ts";
import type { Desk, DeskAccess, DriftSubject, RetiredSubject, Subject } from "./desk.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { deliver } from "./manifest.ts";
import { findRotation, namedBy, whoami } from "./names.ts";
import { printable } from "./output.ts";
import { asIfNow } from "./plan.ts";
import { present } from "./present.ts";
import { worldOf } from "./world.ts";

export function ledgerDesk(context: CommandContext, db: Db): Desk {
  return {
    trustOf: ({ now }) => (now === true ? "claimed" : "host"),
    subject: async (request, namespace) =>
      subjectOf(await findRotation(db, request, namespace), await registryOf(context)),
    retired: async (credential, namespace) => retiredSubject(await findCredential(db, credential, namespace)),
    drift: async (credential, namespace) => driftSubject(db, await findCredential(db, credential, namespace)),
    whoami: async () => whoami(context, "--decided-by"),
    take: async (manifest, options) => {
      if (options.now === true) return recordAndWait(context, db, manifest, options);
      await deliver(context.out, manifest, options.write);
      return 0;
    },
  };
}

/** Opens the configured ledger when it is needed. */
export function ledgerDeskAccess(context: CommandContext): DeskAccess {
  return async (work) => {
    const { withLedger } = await import("./ledger.ts");
    return withLedger(context, async (db) => work(ledgerDesk(context, db)));
  };
}

function subjectOf(view: RotationView, registry: Registry): Subject {
  const { rotation, now } = view;
  return {
    namespace: rotation.namespace,
    name: rotation.name,
    credential: rotation.credentialName,
    credentialName: rotation.snapshot.credential.spec.credentialName,
    state: rotation.state,
    ended: ENDED.has(rotation.state),
    ...present({ gate: openGate(view) }),
    now,
    world: worldOf(view, registry),
    isCertain: () => true,
  };
}

async function findCredential(db: Db, text: string, namespace: string | undefined): Promise<CredentialView> {
  const [credential, ...others] = await listCredentials(db, namedBy(text, namespace));
  if (!credential) throw unknownCredential(text);
  if (others.length === 0) return credential;
  const names = [credential, ...others].map((each) => each.namespace).join(", ");
  throw misuse(`${printable(text)} exists in several namespaces: ${names}.`, "Say which one with -n.");
}

function retiredSubject(view: CredentialView): RetiredSubject {
  const { namespace, name, uid, generation, spec, accounts, currentId, live, retired, now } = view;
  return {
    namespace,
    name,
    credentialName: spec.credentialName,
    currentId,
    live,
    retired,
    snapshot: {
      request: { namespace, name, spec: asIfNow(name, now).spec },
      credential: { uid, namespace, name, generation, spec },
      accounts,
    },
  };
}

async function driftSubject(db: Db, view: CredentialView): Promise<DriftSubject> {
  const { namespace, name, spec, accounts, live } = view;
  const [drift] = await listDrift(db, [{ namespace, name }]);
  const twoPerson = Object.values(accounts).some((account) => account.spec.twoPerson === true);
  return { namespace, name, credentialSpec: spec, twoPerson, live, findings: drift?.findings ?? [] };
}

function unknownCredential(text: string): CommandFailure {
  return new CommandFailure({
    happened: `The ledger knows no Credential ${printable(text)}.`,
    stillFine: "Nothing was written.",
    next: "See all with `velvet plan`. One that was just merged appears after the next sync of its source.",
  });
}
